// Matrix products of dense layers whose operands are bfloat16 and whose sums are Float32.
//
// Two neighbouring terms of a sum stand in 32 bits, the first in the lower half: a *pair*, which the instruction vdpbf16ps
// multiplies and adds as one term. Where the processor lacks it, two multiply-adds give the same bits. Denormal numbers
// count as zero all through these products, as they do in the instruction.
//
// Layouts of a matrix of m examples and k features, P = m rounded up to 16:
// - pairs: [ceil(k/2)][P] pairs of neighbouring features, the inputs of products; a last feature without a neighbour is
//   paired with zero. Examples behind m mean nothing.
// - strips: [ceil(k/32)][ceil(m/2)][32] pairs of neighbouring examples, zeros behind m and k; and
// - transposed: [k][P], zeros behind m, so also pairs of examples: what weight gradients read.
// Weights of n outputs are read in rows, [n][ceil(k/2)] pairs of inputs, by products, and by products with their transpose in
// panels: the inputs in groups of up to fourteen, each [ceil(n/2)][inputs] pairs of outputs, one panel behind the other.
//
// Products, packed weights and layouts stand in one file because each reads what another lays out.
#ifndef DTRAIN_KERNELS_DENSE_BFLOAT16_H
#define DTRAIN_KERNELS_DENSE_BFLOAT16_H

#include "dense.h"

// The most inputs of a panel, whatever the variant: packed weights mean the same to all of them.
#define PANEL_ROWS 14

// Outputs of a tile, an even number: the operands of emulated products take more registers.
#if defined(DT_VARIANT_BFLOAT16)
#define PAIRS_ROWS 14
#define PAIRS_CASES PAIRS_UP_TO_14
#elif defined(DT_VARIANT_WIDE)
#define PAIRS_ROWS 12
#define PAIRS_CASES PAIRS_UP_TO_12
#elif defined(DT_VARIANT_FMA)
#define PAIRS_ROWS 4
#define PAIRS_CASES PAIRS_UP_TO_4
#else
#define PAIRS_ROWS 2
#define PAIRS_CASES PAIRS_UP_TO_2
#endif

DT_INLINE u32x16 pair_of(f32x16 lower, f32x16 upper) {
    return f32_to_bits(bfloat16_rounded(lower)) >> 16 | f32_to_bits(bfloat16_rounded(upper));
}

DT_INLINE void store_pairs(void *p, u32x16 v) { store_f32((float *)p, bits_to_f32(v)); }

// ---- products do not know denormal numbers ----

#if defined(__x86_64__)
// Returns the state to go back to.
DT_INLINE uint32_t dense_flush_denormals(void) {
    const uint32_t state = __builtin_ia32_stmxcsr(), rounding = 0x6000, flush_to_zero = 0x8000, denormals_are_zero = 0x40;
    __builtin_ia32_ldmxcsr((state & ~rounding) | flush_to_zero | denormals_are_zero);
    return state;
}

DT_INLINE void dense_restore(uint32_t state) { __builtin_ia32_ldmxcsr(state); }
#else
DT_INLINE uint32_t dense_flush_denormals(void) { return 0; }
DT_INLINE void dense_restore(uint32_t state) { (void)state; }
#endif

// Arithmetic may not move out of a function that is called between the two.
#define DENSE_APART static __attribute__((noinline))

// ---- products with weights ----

// The arguments of a product, the same for all of its tiles.
typedef struct {
    const uint16_t *x, *w;
    const float *bias;
    int64_t terms, m, padded, outputs;
    bool relu, in_pairs;
    void *y;
} pairs_task;

// How far ahead of a product its panels are prefetched, in bytes.
#define PANEL_AHEAD 1024

// Adds `terms` terms to a tile of a panel, whose terms are `width` pairs apart.
DT_INLINE void panel_chain(f32x16 (*acc)[DENSE_VECTORS], const float *x, int64_t x_stride, const float *w, int64_t width,
                           int64_t terms, int rows, int vectors, int lanes) {
    for (; terms > 0; terms--) {
        __builtin_prefetch((const char *)w + PANEL_AHEAD, 0, 3);
        dense_term(acc, x, w, 1, rows, vectors, lanes, DENSE_PAIRS);
        x += x_stride;
        w += width;
    }
}

// The tile at output j and example i, whose weights stand at w, in panels or in rows.
DT_INLINE void pairs_tile(const pairs_task *t, bool panels, const float *w, int64_t width, int64_t j, int64_t i, int rows,
                          int vectors, int lanes) {
    f32x16 acc[PAIRS_ROWS][DENSE_VECTORS];
    f32x16 total[PAIRS_ROWS][DENSE_VECTORS];
    const float *x = (const float *)t->x + i;
    for (int64_t first = 0;; first += DENSE_CHUNK) {
        const int64_t left = t->terms - first, terms = left < DENSE_CHUNK ? left : DENSE_CHUNK;
        dense_clear(acc, rows, vectors);
        if (panels) {
            panel_chain(acc, x, t->padded, w, width, terms, rows, vectors, lanes);
            w += terms * width;
        } else {
            dense_chain(acc, x, t->padded, w, t->terms, 1, terms, left, (rows - 1) * t->terms, rows, vectors, lanes,
                        DENSE_PAIRS);
            w += terms;
        }
        x += terms * t->padded;
        if (first > 0) {
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
                for (int v = 0; v < vectors; v++) { acc[r][v] = total[r][v] + acc[r][v]; }
            }
        }
        if (left <= DENSE_CHUNK) { break; }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) { total[r][v] = acc[r][v]; }
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            if (t->bias) { acc[r][v] = acc[r][v] + t->bias[j + r]; }
            if (t->relu) { acc[r][v] = relu_f32(acc[r][v]); }
        }
    }
    if (!t->in_pairs) {
        float *y = (float *)t->y + j * t->padded + i;
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) { dense_save(y + r * t->padded + v * DT_LANES, acc[r][v], lanes); }
        }
        return;
    }
    uint32_t *y = (uint32_t *)t->y + j / 2 * t->padded + i;
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r += 2) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            const f32x16 upper = r + 1 < rows ? acc[r + 1][v] : (f32x16)0.0f;
            const f32x16 pairs = bits_to_f32(pair_of(acc[r][v], upper));
            dense_save((float *)(y + r / 2 * t->padded + v * DT_LANES), pairs, lanes);
        }
    }
}

#define PAIRS_CASE(n, body) \
    case n: body(n); break;
#define PAIRS_UP_TO_2(body) PAIRS_CASE(1, body) PAIRS_CASE(2, body)
#define PAIRS_UP_TO_4(body) PAIRS_UP_TO_2(body) PAIRS_CASE(3, body) PAIRS_CASE(4, body)
#define PAIRS_UP_TO_12(body)                                                                                      \
    PAIRS_UP_TO_4(body) PAIRS_CASE(5, body) PAIRS_CASE(6, body) PAIRS_CASE(7, body) PAIRS_CASE(8, body)           \
    PAIRS_CASE(9, body) PAIRS_CASE(10, body) PAIRS_CASE(11, body) PAIRS_CASE(12, body)
#define PAIRS_UP_TO_14(body) PAIRS_UP_TO_12(body) PAIRS_CASE(13, body) PAIRS_CASE(14, body)

// The tiles of `rows` outputs from j on, whose weights stand at w.
DT_INLINE void pairs_tiles(const pairs_task *t, bool panels, const float *w, int64_t width, int64_t j, int64_t rows) {
    for (int64_t i = 0; i < t->padded; i += DENSE_VECTORS * DT_LANES) {
        if (t->padded - i >= DENSE_VECTORS * DT_LANES) {
#define PAIRS_WIDE(n) pairs_tile(t, panels, w, width, j, i, n, DENSE_VECTORS, DT_LANES)
            switch (rows) { PAIRS_CASES(PAIRS_WIDE) default: break; }
#undef PAIRS_WIDE
        } else if (t->m - i > DENSE_HALF) {
#define PAIRS_NARROW(n) pairs_tile(t, panels, w, width, j, i, n, 1, DT_LANES)
            switch (rows) { PAIRS_CASES(PAIRS_NARROW) default: break; }
#undef PAIRS_NARROW
        } else {
#define PAIRS_HALVED(n) pairs_tile(t, panels, w, width, j, i, n, 1, DENSE_HALF)
            switch (rows) { PAIRS_CASES(PAIRS_HALVED) default: break; }
#undef PAIRS_HALVED
        }
    }
}

// Rows of the next tile or panel if `left` rows remain: all are about equally high, and all but the last have an even number
// of rows, so that neighbouring outputs form pairs.
DT_INLINE int64_t even_rows(int64_t left, int64_t most) {
    const int64_t rows = (dense_rows(left, most) + 1) / 2 * 2;
    return rows < left ? rows : left;
}

DENSE_APART void products_of_rows(const pairs_task *t) {
    // As in dense_forward: rows 4 KB apart fall into one set of a first-level cache.
    const int64_t most = t->terms % 1024 == 0 && PAIRS_ROWS > 6 ? 6 : PAIRS_ROWS;
    for (int64_t j = 0, rows; j < t->outputs; j += rows) {
        rows = even_rows(t->outputs - j, most);
        pairs_tiles(t, false, (const float *)t->w + j * t->terms, 0, j, rows);
    }
}

DENSE_APART void products_of_panels(const pairs_task *t) {
    const float *panel = (const float *)t->w;
    for (int64_t j = 0, width; j < t->outputs; j += width) {
        width = even_rows(t->outputs - j, PANEL_ROWS);
        for (int64_t r = 0, rows; r < width; r += rows) {
            rows = width - r < PAIRS_ROWS ? width - r : PAIRS_ROWS;
            pairs_tiles(t, true, panel + r, width, j + r, rows);
        }
        panel += width * t->terms;
    }
}

static void dense_forward_bf16(const uint16_t *x, const uint16_t *w, const float *bias, int64_t m, int64_t n, int64_t k,
                               bool relu, bool in_pairs, void *y) {
    const pairs_task t = {x, w, bias, (k + 1) / 2, m, dense_padded(m), n, relu, in_pairs, y};
    const uint32_t state = dense_flush_denormals();
    products_of_rows(&t);
    dense_restore(state);
}

static void dense_input_gradient_bf16(const uint16_t *dy, const uint16_t *panels, int64_t m, int64_t n, int64_t k,
                                      uint16_t *dx) {
    const pairs_task t = {dy, panels, NULL, (n + 1) / 2, m, dense_padded(m), k, false, true, dx};
    const uint32_t state = dense_flush_denormals();
    products_of_panels(&t);
    dense_restore(state);
}

DENSE_APART void pairs_weight_gradient(const dt_dense_shard *shards, const int32_t *program, int64_t length, int64_t n0,
                                       int64_t n1, int64_t k, bool rounds, bool streams, float *dw) {
    dense_gradient(shards, program, length, n0, n1, k, rounds, streams, dw, DENSE_PAIRS);
}

static void dense_weight_gradient_bf16(const dt_dense_shard *shards, const int32_t *program, int64_t length, int64_t n0,
                                       int64_t n1, int64_t k, bool rounds, bool streams, float *dw) {
    const uint32_t state = dense_flush_denormals();
    pairs_weight_gradient(shards, program, length, n0, n1, k, rounds, streams, dw);
    dense_restore(state);
}

// ---- weights ----

static void round_weights(const float *w, int64_t n, int64_t k, uint16_t *rows) {
    if (k % 2 == 0) {
        to_bf16(n * k, w, rows);
        return;
    }
    for (int64_t j = 0; j < n; j++, w += k, rows += k + 1) {
        to_bf16(k, w, rows);
        rows[k] = 0;
    }
}

DT_INLINE u32x16 load_pairs(const void *p) { return f32_to_bits(load_f32((const float *)p)); }

// Thirty-two numbers each of two rows as pairs of neighbours in a column.
DT_INLINE void pairs_of_rows(u32x16 first, u32x16 second, void *y) {
    const u32x16 even = (first & 0xFFFFu) | second << 16, odd = first >> 16 | (second & 0xFFFF0000u);
    store_pairs(y, __builtin_shufflevector(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    store_pairs((uint32_t *)y + DT_LANES,
                __builtin_shufflevector(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
}

// Panels that are written side by side, so that whole lines of the weights are read.
#define PANEL_GROUP 8

static void pack_weights(const uint16_t *rows, int64_t n, int64_t k, int64_t first, int64_t end, uint16_t *panels) {
    const int64_t terms = (n + 1) / 2, stride = (k + 1) / 2 * 2;
    for (int64_t c = 0; c < k;) {
        int64_t widths[PANEL_GROUP], columns = 0;
        int count = 0;
        for (; count < PANEL_GROUP && c + columns < k; count++) {
            widths[count] = even_rows(k - c - columns, PANEL_ROWS);
            columns += widths[count];
        }
        for (int64_t t = first; t < end; t++) {
            // Whole vectors are written.
            uint32_t line[PANEL_GROUP * PANEL_ROWS + 2 * DT_LANES];
            const uint16_t *upper = rows + 2 * t * stride + c, *lower = 2 * t + 1 < n ? upper + stride : NULL;
            int64_t at = 0;
            for (; at + 2 * DT_LANES <= columns; at += 2 * DT_LANES) {
                pairs_of_rows(load_pairs(upper + at), lower ? load_pairs(lower + at) : (u32x16)0, line + at);
            }
            if (at < columns) {
                u32x16 a = 0, b = 0;
                memcpy(&a, upper + at, (size_t)(columns - at) * sizeof(uint16_t));
                if (lower) { memcpy(&b, lower + at, (size_t)(columns - at) * sizeof(uint16_t)); }
                pairs_of_rows(a, b, line + at);
            }
            uint32_t *panel = (uint32_t *)panels;
            const uint32_t *from = line;
            for (int p = 0; p < count; p++) {
                const int64_t width = widths[p];
                if (width == PANEL_ROWS) {
                    memcpy(panel + t * width, from, PANEL_ROWS * sizeof(uint32_t));
                } else {
                    copy_partial(panel + t * width, from, width, sizeof(uint32_t));
                }
                panel += width * terms;
                from += width;
            }
        }
        panels += 2 * columns * terms;
        c += columns;
    }
}

// ---- layouts ----

static void rows_to_pairs(const uint16_t *x, int64_t m, int64_t k, uint16_t *y) {
    const int64_t padded = dense_padded(m), terms = (k + 1) / 2;
    if (k % 2 == 0) {
        transpose_plane((const float *)x, terms, m, terms, (float *)y, padded);
    } else {
        for (int64_t i = 0; i < m; i++) {
            for (int64_t c = 0; c < k; c++) { y[2 * (c / 2 * padded + i) + c % 2] = x[i * k + c]; }
            y[2 * ((terms - 1) * padded + i) + 1] = 0;
        }
    }
    for (int64_t t = 0; t < terms && padded > m; t++) {
        memset(y + 2 * (t * padded + m), 0, (size_t)(padded - m) * sizeof(uint32_t));
    }
}

static void pairs_to_rows(const uint16_t *x, int64_t m, int64_t k, uint16_t *y) {
    const int64_t padded = dense_padded(m), terms = (k + 1) / 2;
    if (k % 2 == 0) {
        transpose_plane((const float *)x, padded, terms, m, (float *)y, terms);
        return;
    }
    for (int64_t c = 0; c < k; c++) {
        for (int64_t i = 0; i < m; i++) { y[i * k + c] = x[2 * (c / 2 * padded + i) + c % 2]; }
    }
}

static void pairs_to_transposed(const uint16_t *x, int64_t m, int64_t k, uint16_t *y) {
    const int64_t padded = dense_padded(m);
    for (int64_t c = 0; c < k; c += 2, x += 2 * padded, y += 2 * padded) {
        for (int64_t i = 0; i < padded; i += DT_LANES) {
            u32x16 pairs = load_pairs(x + 2 * i);
            if (i + DT_LANES > m) {
                for (int64_t lane = m - i; lane < DT_LANES; lane++) { pairs[lane] = 0; }
            }
            const u16x16 lower = __builtin_convertvector(pairs, u16x16);
            memcpy(y + i, &lower, sizeof lower);
            if (c + 1 < k) {
                const u16x16 upper = __builtin_convertvector(pairs >> 16, u16x16);
                memcpy(y + padded + i, &upper, sizeof upper);
            }
        }
    }
}

// One strip of examples whose 32 features of example i stand at x + i*stride, `width` of them real.
DT_INLINE void strip_of_rows(const uint16_t *x, int64_t stride, int64_t m, int64_t width, uint32_t *y) {
    for (int64_t i = 0; i < m; i += 2, y += DENSE_STRIP) {
        u32x16 first = 0, second = 0;
        const uint16_t *a = x + i * stride, *b = a + stride;
        if (width == DENSE_STRIP) {
            first = load_pairs(a);
            if (i + 1 < m) { second = load_pairs(b); }
        } else {
            memcpy(&first, a, (size_t)width * sizeof(uint16_t));
            if (i + 1 < m) { memcpy(&second, b, (size_t)width * sizeof(uint16_t)); }
        }
        pairs_of_rows(first, second, y);
    }
}

static void rows_to_strips_bf16(const uint16_t *x, int64_t m, int64_t k, uint16_t *y) {
    uint32_t *strip = (uint32_t *)y;
    for (int64_t c = 0; c < k; c += DENSE_STRIP, strip += (m + 1) / 2 * DENSE_STRIP) {
        strip_of_rows(x + c, k, m, k - c < DENSE_STRIP ? k - c : DENSE_STRIP, strip);
    }
}

static void pairs_to_strips(const uint16_t *x, int64_t m, int64_t k, uint16_t *y) {
    const int64_t padded = dense_padded(m);
    uint32_t *strip = (uint32_t *)y;
    for (int64_t c = 0; c < k; c += DENSE_STRIP, strip += (m + 1) / 2 * DENSE_STRIP) {
        const int64_t width = k - c < DENSE_STRIP ? k - c : DENSE_STRIP, terms = (width + 1) / 2;
        for (int64_t i = 0; i < m; i += DT_LANES) {
            // Sixteen examples of up to sixteen pairs of features, as rows.
            float rows[DT_LANES][DT_LANES] = {0};
            const float *from = (const float *)x + c / 2 * padded + i;
            if (terms == DT_LANES) {
                transpose_block(from, padded, rows[0], DT_LANES);
            } else {
                transpose_plane(from, padded, terms, DT_LANES, rows[0], DT_LANES);
            }
            strip_of_rows((const uint16_t *)rows, 2 * DT_LANES, m - i < DT_LANES ? m - i : DT_LANES, DENSE_STRIP,
                          strip + i / 2 * DENSE_STRIP);
        }
    }
}

// db[j] = the sum of row j of dy over its m examples, Float64 inside.
static void dense_bias_gradient_bf16(const uint16_t *dy, int64_t m, int64_t n, float *db) {
    const int64_t padded = dense_padded(m);
    for (int64_t j = 0; j < n; j++, dy += padded) {
        f64x16 sum = 0.0;
        // Examples behind m are zeros.
        for (int64_t i = 0; i < padded; i += DT_LANES) { sum += widen(load_bfloat16(dy + i)); }
        db[j] = (float)fold_sum(sum);
    }
}

#endif
