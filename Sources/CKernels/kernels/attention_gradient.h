// The gradient of attention. A block's weights come again from its scores and the logarithms of its sums.
//
// With weights p and their gradients g, both [key][query], d = p*(g - the query's sum of dy*y) are the gradients of
// scores. Gradients of queries are mixed from keys as the forward results are from values. Gradients of keys and values
// stand transposed, [key][feature], so that vectors run over features and weights are scalars where they stand; their
// sums are chains over the queries of a block, added up in order of blocks.
#ifndef DTRAIN_KERNELS_ATTENTION_GRADIENT_H
#define DTRAIN_KERNELS_ATTENTION_GRADIENT_H

#include "attention.h"

// What the gradient needs beyond a head: gradients of a block's results [width][query], queries and these transposed
// [query][width], gradients of weights [key][query], of queries [width][query], and of all keys and values
// [key][width].
typedef struct {
    float *dy, *q_rows, *dy_rows, *weights, *dq, *dk, *dv;
} attention_gradients;

DT_INLINE attention_gradients attention_prepare_gradients(attention_head *h) {
    const int64_t block = h->width * ATTENTION_QUERIES;
    const int64_t all = (h->a->keys + ATTENTION_KEYS - 1) / ATTENTION_KEYS * ATTENTION_KEYS * h->width;
    attention_gradients g;
    g.dy = attention_take(h, block);
    g.q_rows = attention_take(h, block);
    g.dy_rows = attention_take(h, block);
    g.weights = attention_take(h, ATTENTION_KEYS * ATTENTION_QUERIES);
    g.dq = attention_take(h, block);
    g.dk = attention_take(h, all);
    g.dv = attention_take(h, all);
    return g;
}

// y [column][row] = x [row][column], whole blocks of sixteen both ways.
static void attention_transpose(const float *x, int64_t x_stride, int64_t rows, int64_t columns, float *y,
                                int64_t y_stride) {
    for (int64_t r = 0; r < rows; r += DT_LANES) {
        for (int64_t c = 0; c < columns; c += DT_LANES) {
            transpose_block(x + r * x_stride + c, x_stride, y + c * y_stride + r, y_stride);
        }
    }
}

// y [feature][key] = x [key][width] for a head's keys, by way of a tile: stores a row apart would evict one another.
static void attention_save_keys(const attention_head *h, const float *x, float *tile, float *y) {
    for (int64_t j = 0; j < h->keys; j += ATTENTION_KEYS) {
        const int64_t left = h->keys - j, count = left < ATTENTION_KEYS ? left : ATTENTION_KEYS;
        attention_transpose(x + j * h->width, h->width, count, h->width, tile, ATTENTION_KEYS);
        attention_store(tile, ATTENTION_KEYS, h->a->head_dim, count, NULL, h->a->padded_keys, y + h->key_start + j);
    }
}

// The sums of dy*y of a vector of queries from `at` on, `count` of them, where dy is in its block.
DT_INLINE f32x16 attention_products(const attention_head *h, const float *dy, const float *y, int64_t count) {
    f32x16 sum = 0.0f;
    for (int64_t d = 0; d < h->a->head_dim; d++, dy += ATTENTION_QUERIES, y += h->a->padded_queries) {
        sum = multiply_add_f32(load_f32(dy), attention_load(y, count), sum);
    }
    return sum;
}

// The logarithms of sums, and the sums of dy*y, of a vector of queries.
typedef struct {
    f32x16 lse, products;
} attention_saved;

// Scores s become weights, those of values, and gradients g of weights become those of scores.
DT_INLINE void attention_softmax_gradient(const attention_tile *t, int v, const float *words, dropout_keep keep,
                                          attention_saved saved, float *s, float *g) {
    const int64_t open = attention_open_rows(t, v);
    for (int64_t r = 0; r < t->rows[v]; r++, s += ATTENTION_QUERIES, g += ATTENTION_QUERIES) {
        f32x16 p = attention_exp(load_f32(s) - saved.lse), gradient = load_f32(g);
        if (r >= open) { p = attention_hide(t, v, r, p, 0.0f); }
        if (words) {
            const f32x16 mask = attention_mask(keep, words + r * ATTENTION_QUERIES);
            store_f32(s, p * mask);
            gradient = gradient * mask;
        } else {
            store_f32(s, p);
        }
        store_f32(g, p * (gradient - saved.products));
    }
}

// y[j] += the sum of w[j][i]*x[i] over a block's queries i whose vector sees key j; x and y are rows of features.
static void attention_gather(const attention_block *b, const attention_tile *t, const float *w, const float *x,
                             int64_t width, float *y) {
    int64_t row = 0;
    for (int v = 0; v < ATTENTION_VECTORS; v++) {
        // Rows that no earlier vector sees begin with this one.
        if (t->rows[v] <= row) { continue; }
        const int64_t first = v * DT_LANES;
        const attention_operands o = {
            x + first * width, w + row * ATTENTION_QUERIES + first, width, ATTENTION_QUERIES, 1, b->count - first,
            y + row * width,   width};
        attention_product(o, t->rows[v] - row, width / DT_LANES, NULL, ATTENTION_ADD);
        row = t->rows[v];
    }
}

static void attention_backward(const attention_head *h, const attention_gradients *g, const float *q, const float *y,
                               const float *lse, const float *dy, int64_t first, float *dq) {
    const dt_attention *a = h->a;
    const attention_block b = attention_block_of(h, first);
    const dropout_keep keep = dropout_keep_of(a->rate);
    const bool drops = a->rate > 0;
    attention_saved saved[ATTENTION_VECTORS];
    f32x16 one[ATTENTION_VECTORS], scale[ATTENTION_VECTORS];
    attention_copy_queries(h, q, first, b.count, h->scale, h->q);
    attention_copy_queries(h, dy, first, b.count, 1.0f, g->dy);
    attention_transpose(h->q, ATTENTION_QUERIES, h->width, b.count, g->q_rows, h->width);
    attention_transpose(g->dy, ATTENTION_QUERIES, h->width, b.count, g->dy_rows, h->width);
    for (int v = 0; v < ATTENTION_VECTORS; v++) {
        const int64_t at = first + v * DT_LANES, left = b.count - v * DT_LANES;
        one[v] = 1.0f;
        scale[v] = h->scale;
        if (left <= 0) { continue; }
        saved[v].lse = attention_load(lse + at, left);
        saved[v].products = attention_products(h, g->dy + v * DT_LANES, y + h->query_start + at, left);
    }
    for (int64_t j = 0; j < b.most; j += ATTENTION_KEYS) {
        const attention_tile t = attention_tile_of(h, &b, j);
        const int64_t tile = j * h->width;
        attention_scores(&t, h->q, h->k + tile, a->head_dim, h->scores);
        attention_scores(&t, g->dy, h->v + tile, a->head_dim, g->weights);
        if (drops) { attention_draw(h, &b, &t); }
        for (int v = 0; v < ATTENTION_VECTORS; v++) {
            if (t.rows[v] == 0) { continue; }
            const int64_t at = v * DT_LANES;
            attention_softmax_gradient(&t, v, drops ? h->words + at : NULL, keep, saved[v], h->scores + at,
                                       g->weights + at);
        }
        attention_mix(&t, g->weights, h->k + tile, a->head_dim, one, g->dq);
        attention_gather(&b, &t, g->weights, g->q_rows, h->width, g->dk + tile);
        attention_gather(&b, &t, h->scores, g->dy_rows, h->width, g->dv + tile);
    }
    attention_store(g->dq, ATTENTION_QUERIES, a->head_dim, b.count, scale, a->padded_queries,
                    dq + h->query_start + first);
}

static void attention_gradient(const dt_attention *a, const float *q, const float *k, const float *v, const float *y,
                               const float *lse, const float *dy, float *dq, float *dk, float *dv, void *scratch) {
    attention_head h = attention_prepare(a, scratch);
    const attention_gradients g = attention_prepare_gradients(&h);
    for (int64_t n = 0; n < a->examples; n++) {
        for (int64_t head = 0; head < a->heads; head++) {
            attention_begin(&h, n, head, k, v);
            const size_t bytes = (size_t)(dense_padded(h.keys) * h.width) * sizeof(float);
            memset(g.dk, 0, bytes);
            memset(g.dv, 0, bytes);
            const float *sums = lse + (n * a->heads + head) * a->queries;
            for (int64_t i = 0; i < h.queries; i += ATTENTION_QUERIES) {
                attention_backward(&h, &g, q, y, sums, dy, i, dq);
            }
            // The first tile of keys is not needed any more.
            attention_save_keys(&h, g.dk, h.k, dk);
            attention_save_keys(&h, g.dv, h.k, dv);
            attention_clear(a->head_dim, h.queries, a->queries, a->padded_queries, dq + h.query_start);
            attention_clear(a->head_dim, h.keys, a->keys, a->padded_keys, dk + h.key_start);
            attention_clear(a->head_dim, h.keys, a->keys, a->padded_keys, dv + h.key_start);
        }
    }
}

#endif
