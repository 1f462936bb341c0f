// How elements are stored, and the names of what works on them, POOL_BFLOAT16 being defined as 0 or 1.
// pooling_stored_end.h ends these definitions.

#if POOL_BFLOAT16
#define POOL_ELEMENT uint16_t
#define POOL_INTEGER int16_t
#define POOL_MARK bf16
#define POOL_LOWEST ((uint16_t)0xFF80)
#define POOL_VALUE(element) bfloat16_one_widened(element)
#define POOL_ROUNDED(value) bfloat16_one_rounded(value)
// The lane of values that holds a place.
#define POOL_PLACE_LANE(place, lanes) ((place) / 2 + (place) % 2 * ((lanes) / 2))
#else
#define POOL_ELEMENT float
#define POOL_INTEGER int32_t
#define POOL_MARK f32
#define POOL_LOWEST (-__builtin_inff())
#define POOL_VALUE(element) (element)
#define POOL_ROUNDED(value) (value)
#define POOL_PLACE_LANE(place, lanes) (place)
#endif
#define POOL_JOIN_(name, mark) name##_##mark
#define POOL_JOIN(name, mark) POOL_JOIN_(name, mark)
// Names of all widths of vectors, and of one.
#define POOL_ALL(name) POOL_JOIN(name, POOL_MARK)
#define POOL_OF(name, lanes) POOL_JOIN(POOL_ALL(name), lanes)
// Kept apart, so that code for one way of storing is as it would be without the other.
#define POOL_APART static __attribute__((noinline))
