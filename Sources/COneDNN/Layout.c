/* Layouts: where the elements of a tensor lie in memory. */
#include "Internal.h"

#include <inttypes.h>
#include <stdlib.h>

static int check_dims(int rank, const int64_t *dims) {
    if (rank < 1 || rank > ODI_MAX_RANK)
        return odi_fail("a layout has 1 to %d dimensions, not %d", ODI_MAX_RANK, rank);
    for (int i = 0; i < rank; i++)
        if (dims[i] < 1)
            return odi_fail("dimension %d of a layout is %" PRId64 "; it must be at least 1", i, dims[i]);
    return OD_OK;
}

/* oneDNN's name of one of OD_FLOAT32, OD_BFLOAT16. */
static int check_type(int type, dnnl_data_type_t *found) {
    if (type != OD_FLOAT32 && type != OD_BFLOAT16)
        return odi_fail("element type %d is not OD_FLOAT32 or OD_BFLOAT16", type);
    *found = type == OD_FLOAT32 ? dnnl_f32 : dnnl_bf16;
    return OD_OK;
}

static int wrap(dnnl_status_t status, dnnl_memory_desc_t *memory, od_layout **layout) {
    const int code = odi_check(status, "describing a layout");
    if (code != OD_OK) return code;
    od_layout *made = malloc(sizeof *made);
    if (!made) {
        odi_memory_release(memory);
        return odi_fail("no memory for a layout");
    }
    made->memory = *memory;
    *layout = made;
    return OD_OK;
}

int od_layout_strided_of(
    int type, int rank, const int64_t *dims, const int64_t *strides, od_layout **layout) {
    dnnl_memory_desc_t memory;
    dnnl_data_type_t found;
    int code = check_type(type, &found);
    if (code == OD_OK) code = check_dims(rank, dims);
    if (code != OD_OK) return code;
    return wrap(odi_memory_strided(&memory, found, rank, dims, strides), &memory, layout);
}

int od_layout_plain_of(int type, int rank, const int64_t *dims, od_layout **layout) {
    int64_t strides[ODI_MAX_RANK], count = 1;
    const int code = check_dims(rank, dims);
    if (code != OD_OK) return code;
    for (int i = rank - 1; i >= 0; i--) {
        strides[i] = count;
        if (__builtin_mul_overflow(count, dims[i], &count))
            return odi_fail("the element count of a layout overflows");
    }
    return od_layout_strided_of(type, rank, dims, strides, layout);
}

int od_layout_channels_blocked_of(int type, const int64_t *dims, int block, od_layout **layout) {
    dnnl_memory_desc_t memory;
    dnnl_data_type_t found;
    int code = check_type(type, &found);
    if (code == OD_OK) code = check_dims(4, dims);
    if (code != OD_OK) return code;
    if (block != 8 && block != 16) return odi_fail("channels are blocked by 8 or 16, not %d", block);
    const dnnl_format_tag_t tag = block == 8 ? dnnl_nChw8c : dnnl_nChw16c;
    return wrap(odi_memory_tagged(&memory, found, 4, dims, tag), &memory, layout);
}

int od_layout_plain(int rank, const int64_t *dims, od_layout **layout) {
    return od_layout_plain_of(OD_FLOAT32, rank, dims, layout);
}

int od_layout_strided(int rank, const int64_t *dims, const int64_t *strides, od_layout **layout) {
    return od_layout_strided_of(OD_FLOAT32, rank, dims, strides, layout);
}

int od_layout_channels_blocked(const int64_t *dims, int block, od_layout **layout) {
    return od_layout_channels_blocked_of(OD_FLOAT32, dims, block, layout);
}

int odi_layout_any(int type, int rank, const int64_t *dims, od_layout **layout) {
    dnnl_memory_desc_t memory;
    dnnl_data_type_t found;
    int code = check_type(type, &found);
    if (code == OD_OK) code = check_dims(rank, dims);
    if (code != OD_OK) return code;
    return wrap(odi_memory_tagged(&memory, found, rank, dims, dnnl_format_tag_any), &memory, layout);
}

int odi_layout_wrap(odi_descriptor descriptor, od_layout **layout) {
    dnnl_memory_desc_t memory;
    return wrap(odi_memory_copy(&memory, descriptor), &memory, layout);
}

int od_layout_copy(const od_layout *source, od_layout **layout) {
    return odi_layout_wrap(odi_layout_descriptor(source), layout);
}

int odi_layout_given(
    const od_layout *given, int type, int rank, const int64_t *dims, const char *name, od_layout **layout) {
    static const char *const type_names[] = {"float32", "bfloat16"};
    if (!given) return odi_layout_any(type, rank, dims, layout);
    odi_blocking blocking;
    odi_memory_blocking(given, &blocking);
    const int given_type = od_layout_type(given);
    if (given_type != type)
        return odi_fail(
            "the layout given for %s is of %s, expected %s", name,
            given_type < 0 ? "another type" : type_names[given_type], type_names[type]);
    if (blocking.rank != rank)
        return odi_fail("the layout given for %s has %d dimensions, expected %d", name, blocking.rank, rank);
    for (int i = 0; i < rank; i++)
        if (blocking.dims[i] != dims[i])
            return odi_fail(
                "dimension %d of the layout given for %s is %" PRId64 ", expected %" PRId64, i, name,
                blocking.dims[i], dims[i]);
    return od_layout_copy(given, layout);
}

bool od_layout_equal(const od_layout *a, const od_layout *b) {
    return dnnl_memory_desc_equal(odi_layout_descriptor(a), odi_layout_descriptor(b)) != 0;
}

size_t od_layout_bytes(const od_layout *layout) {
    return dnnl_memory_desc_get_size(odi_layout_descriptor(layout));
}

int od_layout_type(const od_layout *layout) {
    odi_blocking b;
    odi_memory_blocking(layout, &b);
    return b.type == dnnl_f32 ? OD_FLOAT32 : b.type == dnnl_bf16 ? OD_BFLOAT16 : -1;
}

/* True when elements lie densely in the given order of dimensions, outermost first. Dimensions of size 1
   may have any stride. `sizes` counts blocks where a dimension is blocked; `step` is one block. */
static bool is_dense(const odi_blocking *b, const int *order, const int64_t *sizes, int64_t step) {
    for (int i = b->rank - 1; i >= 0; i--) {
        const int dim = order[i];
        if (sizes[dim] != 1 && b->strides[dim] != step) return false;
        step *= sizes[dim];
    }
    return true;
}

int od_layout_block(const od_layout *layout) {
    static const int row_major[] = {0, 1, 2, 3, 4, 5};
    static const int channels_last[] = {0, 2, 3, 1};
    odi_blocking b;
    odi_memory_blocking(layout, &b);
    if (!b.blocked || b.offset != 0 || b.rank > ODI_MAX_RANK) return 0;
    if (b.inner_count == 0) {
        if (is_dense(&b, row_major, b.dims, 1)) return 1;
        return b.rank == 4 && is_dense(&b, channels_last, b.dims, 1) ? -1 : 0;
    }
    const int64_t block = b.inner_sizes[0];
    if (b.rank != 4 || b.inner_count != 1 || b.inner_dims[0] != 1 || (block != 8 && block != 16)) return 0;
    const int64_t sizes[] = {b.dims[0], b.padded[1] / block, b.dims[2], b.dims[3]};
    return is_dense(&b, row_major, sizes, block) ? (int)block : 0;
}

void od_layout_free(od_layout *layout) {
    if (!layout) return;
    odi_memory_release(&layout->memory);
    free(layout);
}
