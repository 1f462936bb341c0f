// Vectors of pooling over channel blocks of one width, POOL_LANES being defined as the block: every vector is one pixel
// of one block. pooling_blocked.h ends the definitions.

#define POOL(name) POOL_OF(name, POOL_LANES)
#define POOL_E POOL(pool_elements)
#define POOL_I POOL(pool_integers)
#define POOL_F POOL(pool_floats)
#define POOL_D POOL(pool_doubles)
#define POOL_B POOL(pool_bytes)

// Elements as they are stored, integers of their width for masks and taps, and their values.
typedef POOL_ELEMENT POOL_E __attribute__((ext_vector_type(POOL_LANES)));
typedef POOL_INTEGER POOL_I __attribute__((ext_vector_type(POOL_LANES)));
typedef float POOL_F __attribute__((ext_vector_type(POOL_LANES)));
typedef double POOL_D __attribute__((ext_vector_type(POOL_LANES)));
typedef uint8_t POOL_B __attribute__((ext_vector_type(POOL_LANES)));

DT_INLINE POOL_E POOL(pool_load)(const POOL_ELEMENT *p) {
    POOL_E v;
    memcpy(&v, p, sizeof v);
    return v;
}

DT_INLINE void POOL(pool_store)(POOL_ELEMENT *p, POOL_E v) { memcpy(p, &v, sizeof v); }

DT_INLINE POOL_I POOL(pool_load_indices)(const uint8_t *p) {
    POOL_B v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, POOL_I);
}

DT_INLINE void POOL(pool_store_indices)(uint8_t *p, POOL_I v) {
    const POOL_B bytes = __builtin_convertvector(v, POOL_B);
    memcpy(p, &bytes, sizeof bytes);
}

// v where the mask is set, zeros elsewhere.
DT_INLINE POOL_E POOL(pool_keep)(POOL_E v, POOL_I mask) {
    POOL_I bits;
    memcpy(&bits, &v, sizeof bits);
    bits &= mask;
    memcpy(&v, &bits, sizeof bits);
    return v;
}

#if POOL_BFLOAT16
// Two elements are the halves of a word. Values have the even places in front, the odd ones behind (activation.h).
#define POOL_W POOL(pool_words)
typedef uint32_t POOL_W __attribute__((ext_vector_type(POOL_LANES / 2)));
typedef uint32_t POOL(pool_bits) __attribute__((ext_vector_type(POOL_LANES)));

DT_INLINE POOL_F POOL(pool_values)(POOL_E v) {
    POOL_W words, halves[2];
    memcpy(&words, &v, sizeof words);
    halves[0] = words << 16;
    halves[1] = words & 0xFFFF0000u;
    POOL_F values;
    memcpy(&values, halves, sizeof values);
    return values;
}

// Lanes in the order of values.
DT_INLINE POOL_F POOL(pool_value_lanes)(POOL_F v) {
#if POOL_LANES == 16
    return split_lanes(v);
#else
    return __builtin_shufflevector(v, v, 0, 2, 4, 6, 1, 3, 5, 7);
#endif
}

// As bfloat16_rounded.
DT_INLINE POOL_E POOL(pool_rounded)(POOL_F v) {
    POOL(pool_bits) bits;
    memcpy(&bits, &v, sizeof bits);
    const POOL(pool_bits) nearest = bits + (0x7FFFu + ((bits >> 16) & 1u)), quiet = bits | 0x00400000u;
    const POOL(pool_bits) rounded = v != v ? quiet : nearest;
    POOL_W halves[2];
    memcpy(halves, &rounded, sizeof halves);
    const POOL_W words = (halves[1] & 0xFFFF0000u) | (halves[0] >> 16);
    POOL_E elements;
    memcpy(&elements, &words, sizeof elements);
    return elements;
}
#undef POOL_W

// The best element so far. Keys are integers in the order of the numbers, at most 0x7F80 and equal for the two zeros;
// those of NaN are above them.
typedef struct {
    POOL_E element;
    POOL_I key, tap;
} POOL(pool_best);

// positive: no number is below zero.
DT_INLINE POOL_I POOL(pool_keys)(POOL_E v, bool positive) {
    const POOL_I magnitude = __builtin_convertvector(v & (uint16_t)0x7FFF, POOL_I);
    if (positive) { return magnitude; }
    // As integers, numbers below zero end at -infinity, 0xFF80.
    return __builtin_convertvector(v, POOL_I) < (int16_t)-127 ? -magnitude : magnitude;
}

DT_INLINE POOL(pool_best) POOL(pool_first)(POOL_E v, int64_t tap, bool positive) {
    return (POOL(pool_best)){v, POOL(pool_keys)(v, positive), (POOL_I)(int16_t)tap};
}

// The better of the best element so far and the window's next element.
DT_INLINE POOL(pool_best) POOL(pool_next)(POOL(pool_best) best, POOL_E v, int64_t tap, bool positive) {
    const POOL_I key = POOL(pool_keys)(v, positive), wins = (key > best.key) | (key > (int16_t)0x7F80);
    return (POOL(pool_best)){wins ? v : best.element, wins ? key : best.key, wins ? (POOL_I)(int16_t)tap : best.tap};
}
#else
DT_INLINE POOL_F POOL(pool_values)(POOL_E v) { return v; }

DT_INLINE POOL_F POOL(pool_value_lanes)(POOL_F v) { return v; }

DT_INLINE POOL_E POOL(pool_rounded)(POOL_F v) { return v; }

typedef struct {
    POOL_E element;
    POOL_I tap;
} POOL(pool_best);

DT_INLINE POOL(pool_best) POOL(pool_first)(POOL_E v, int64_t tap, bool positive) {
    return (POOL(pool_best)){v, (POOL_I)(int32_t)tap};
}

// The better of the best element so far and the window's next element.
DT_INLINE POOL(pool_best) POOL(pool_next)(POOL(pool_best) best, POOL_E v, int64_t tap, bool positive) {
    const POOL_I wins = (v > best.element) | (v != v);
    return (POOL(pool_best)){wins ? v : best.element, wins ? (POOL_I)(int32_t)tap : best.tap};
}
#endif
