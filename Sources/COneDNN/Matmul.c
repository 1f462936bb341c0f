/* Matrix products, as a primitive and as the classic BLAS call, and reorders between layouts. */
#include "Internal.h"

/* A (rows, columns) matrix, stored transposed when asked. */
static int matrix(int64_t rows, int64_t columns, bool transposed, od_layout **layout) {
    const int64_t dims[] = {rows, columns};
    const int64_t strides[] = {transposed ? 1 : columns, transposed ? rows : 1};
    return od_layout_strided(2, dims, strides, layout);
}

int od_matmul_create(
    int64_t m, int64_t n, int64_t k, bool trans_a, bool trans_b, bool has_bias, bool relu,
    bool weights_any, od_primitive **primitive) {
    const int names[] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, has_bias ? DNNL_ARG_BIAS : 0, DNNL_ARG_DST};
    const int64_t b_dims[] = {k, n};
    odi_creation c = {0};
    odi_require_thread();
    int code = odi_engine() ? matrix(m, k, trans_a, &c.src) : OD_FAILED;
    if (code == OD_OK)
        code = weights_any ? odi_layout_any(OD_FLOAT32, 2, b_dims, &c.weights)
                           : matrix(k, n, trans_b, &c.weights);
    if (code == OD_OK && has_bias) code = matrix(1, n, false, &c.bias);
    if (code == OD_OK) code = matrix(m, n, false, &c.dst);
    if (code == OD_OK) code = odi_attributes(relu, &c.attributes);
    if (code == OD_OK)
        code = odi_check(
            odi_describe_matmul(&c.descriptor, c.src, c.weights, c.bias, c.dst, c.attributes),
            "describing a matrix product");
    if (code == OD_OK) code = odi_primitive_make(c.descriptor, 4, names, primitive);
    odi_release(&c);
    return code;
}

int od_sgemm(
    bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k,
    float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
    float beta, float *c, int64_t ldc) {
    odi_require_thread();
    const dnnl_status_t status =
        dnnl_sgemm(trans_a ? 'T' : 'N', trans_b ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
    return odi_check(status, "multiplying matrices");
}

int od_reorder_create(const od_layout *from, const od_layout *to, od_primitive **primitive) {
    const int names[] = {DNNL_ARG_FROM, DNNL_ARG_TO};
    odi_creation c = {0};
    odi_require_thread();
    dnnl_engine_t engine = odi_engine();
    int code = engine ? odi_attributes(false, &c.attributes) : OD_FAILED;
    if (code == OD_OK)
        code = odi_check(
            dnnl_reorder_primitive_desc_create(
                &c.descriptor, odi_layout_descriptor(from), engine, odi_layout_descriptor(to), engine,
                c.attributes),
            "describing a reorder");
    if (code == OD_OK) code = odi_primitive_make(c.descriptor, 2, names, primitive);
    odi_release(&c);
    return code;
}
