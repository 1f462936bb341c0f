// Scaled dot-product attention on columns, head by head, without ever holding all weights.
//
// A head's keys and values are copied into tiles of DT_ATTENTION_KEYS positions, and its queries come in blocks of
// DT_ATTENTION_QUERIES: in the caller's arrays rows are often a large power of two apart and would evict one another.
// A block meets the tiles one after another. Scores stand transposed, [key][query]: vectors run over queries in every
// product and in the softmax between them, and the other operand is only read as scalars.
//
// The softmax is taken as the tiles come: the largest score so far is subtracted, and where it grows, earlier sums are
// scaled down. Every result is a chain over features, or chains over the keys of a tile added up in order of tiles, so
// that it depends on the example alone, bit for bit. Products are fused where the variant can, as in dense layers.
//
// Arrays of the caller are read by attention_copy (and y by attention_products) and written by attention_store and
// attention_clear only: other ways of storing need other forms of these, and nothing else.
#ifndef DTRAIN_KERNELS_ATTENTION_H
#define DTRAIN_KERNELS_ATTENTION_H

#include "common.h"
#include "dense.h"
#include "dropout.h"
#include "functions.h"
#include "functions_f32.h"
#include "permute.h"

#define ATTENTION_KEYS DT_ATTENTION_KEYS
#define ATTENTION_QUERIES DT_ATTENTION_QUERIES

// The vectors of a block of queries.
#define ATTENTION_VECTORS (ATTENTION_QUERIES / DT_LANES)

// Rows of a register tile: enough chains to hide the latency of a multiply-add, and a divisor of a vector, to which
// rows are padded.
#if defined(DT_VARIANT_WIDE)
#define ATTENTION_ROWS 8
#elif defined(DT_VARIANT_FMA)
#define ATTENTION_ROWS 4
#else
#define ATTENTION_ROWS 2
#endif

// ---- products ----

// How a product is stored: in place of y, added to it, or added to y*factor.
typedef enum { ATTENTION_SET, ATTENTION_ADD, ATTENTION_RESCALE } attention_mode;

// Operands of a product: y[r] = the sum over t of w[r*row_stride + t*term_stride] * x[t*x_stride], vectors of x and y.
typedef struct {
    const float *x, *w;
    int64_t x_stride, row_stride, term_stride, terms;
    float *y;
    int64_t y_stride;
} attention_operands;

DT_INLINE void attention_register_tile(attention_operands o, const f32x16 *factor, attention_mode mode, int vectors) {
    f32x16 acc[ATTENTION_ROWS][DENSE_VECTORS];
    dense_clear(acc, ATTENTION_ROWS, vectors);
#pragma clang loop unroll(disable)
    for (int64_t t = 0; t < o.terms; t++) {
        dense_term(acc, o.x, o.w, o.row_stride, ATTENTION_ROWS, vectors, DT_LANES, DENSE_FLOATS);
        o.x += o.x_stride;
        o.w += o.term_stride;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < ATTENTION_ROWS; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            float *y = o.y + r * o.y_stride + v * DT_LANES;
            f32x16 s = acc[r][v];
            if (mode == ATTENTION_ADD) { s = load_f32(y) + s; }
            if (mode == ATTENTION_RESCALE) { s = multiply_add_f32(load_f32(y), factor[v], s); }
            store_f32(y, s);
        }
    }
}

// Rows 0 ..< rows, rounded up to whole register tiles, of so many vectors.
DT_INLINE void attention_product(attention_operands o, int64_t rows, int64_t vectors, const f32x16 *factor,
                                 attention_mode mode) {
    for (int64_t r = 0; r < rows; r += ATTENTION_ROWS) {
        attention_operands tile = o;
        int64_t v = 0;
        for (; v + DENSE_VECTORS <= vectors; v += DENSE_VECTORS) {
            attention_register_tile(tile, factor ? factor + v : NULL, mode, DENSE_VECTORS);
            tile.x += DENSE_VECTORS * DT_LANES;
            tile.y += DENSE_VECTORS * DT_LANES;
        }
        if (v < vectors) { attention_register_tile(tile, factor ? factor + v : NULL, mode, 1); }
        o.w += ATTENTION_ROWS * o.row_stride;
        o.y += ATTENTION_ROWS * o.y_stride;
    }
}

// ---- one head of one example ----

typedef struct {
    const dt_attention *a;
    // Lengths of the example, and features rounded up to vectors.
    int64_t example, head, queries, keys, width;
    // The first feature and position of the head in the caller's arrays.
    int64_t query_start, key_start;
    float scale;
    // Tiles of keys and values [tile][width][key], a block's queries [width][query], a tile's scores [key][query] and
    // random words [key][query], and the words as they are drawn.
    float *k, *v, *q, *scores, *words, *lines;
    // What has not been given away.
    float *rest;
} attention_head;

// Words of a query as they are drawn: up to three before the first that counts, and the last draw's end.
#define ATTENTION_LINE (DT_LANES + ATTENTION_KEYS + 4 * DT_COUNTERS)

DT_INLINE float *attention_take(attention_head *h, int64_t count) {
    float *taken = h->rest;
    h->rest += count;
    return taken;
}

DT_INLINE int64_t attention_length(const int32_t *lengths, int64_t example, int64_t all) {
    return lengths && lengths[example] < all ? lengths[example] : all;
}

DT_INLINE attention_head attention_prepare(const dt_attention *a, void *scratch) {
    attention_head h = {.a = a, .width = dense_padded(a->head_dim)};
    h.scale = (float)(1.0 / __builtin_elementwise_sqrt((double)a->head_dim));
    h.rest = (float *)(((uintptr_t)scratch + sizeof(f32x16) - 1) / sizeof(f32x16) * sizeof(f32x16));
    const int64_t tiles = (a->keys + ATTENTION_KEYS - 1) / ATTENTION_KEYS;
    h.k = attention_take(&h, tiles * h.width * ATTENTION_KEYS);
    h.v = attention_take(&h, tiles * h.width * ATTENTION_KEYS);
    h.q = attention_take(&h, h.width * ATTENTION_QUERIES);
    h.scores = attention_take(&h, ATTENTION_KEYS * ATTENTION_QUERIES);
    h.words = attention_take(&h, ATTENTION_KEYS * ATTENTION_QUERIES);
    h.lines = attention_take(&h, ATTENTION_LINE * DT_LANES);
    return h;
}

// A vector of which `left` elements are there; fewer than sixteen are loaded with zeros behind.
DT_INLINE f32x16 attention_load(const float *x, int64_t left) {
    return left >= DT_LANES ? load_f32(x) : load_partial_f32(x, left, 0.0f);
}

DT_INLINE void attention_put(float *y, f32x16 v, int64_t left) {
    if (left >= DT_LANES) {
        store_f32(y, v);
    } else {
        store_partial_f32(y, v, left);
    }
}

// y[d][i] = x[d][i]*factor for `count` positions of a head's features, with zeros up to `width` and a whole vector.
static void attention_copy(const float *x, int64_t padded, int64_t features, int64_t count, float factor, int64_t width,
                           int64_t stride, float *y) {
    for (int64_t d = 0; d < width; d++, x += padded, y += stride) {
        for (int64_t i = 0; i < count; i += DT_LANES) {
            store_f32(y + i, d < features ? attention_load(x + i, count - i) * factor : (f32x16)0.0f);
        }
    }
}

// y[d][i] = x[d][i]*factor for `count` positions, a factor for each, or 1 if NULL. A row is fetched a few rows ahead.
static void attention_store(const float *x, int64_t stride, int64_t features, int64_t count, const f32x16 *factor,
                            int64_t padded, float *y) {
    for (int64_t d = 0; d < features; d++, x += stride, y += padded) {
        for (int64_t i = 0; i < count; i += DT_LANES) {
            const f32x16 v = load_f32(x + i);
            __builtin_prefetch(y + i + 8 * padded, 1, 3);
            attention_put(y + i, factor ? v * factor[i / DT_LANES] : v, count - i);
        }
    }
}

// Zeros at positions first ..< end of a head.
DT_INLINE void attention_clear(int64_t features, int64_t first, int64_t end, int64_t padded, float *y) {
    for (int64_t d = 0; d < features && first < end; d++) {
        memset(y + d * padded + first, 0, (size_t)(end - first) * sizeof(float));
    }
}

DT_INLINE void attention_copy_queries(const attention_head *h, const float *x, int64_t first, int64_t count,
                                      float factor, float *y) {
    attention_copy(x + h->query_start + first, h->a->padded_queries, h->a->head_dim, count, factor, h->width,
                   ATTENTION_QUERIES, y);
}

// Begins a head: where it stands, how long it is, and its keys and values in tiles.
static void attention_begin(attention_head *h, int64_t example, int64_t head, const float *k, const float *v) {
    const dt_attention *a = h->a;
    h->example = example;
    h->head = head;
    h->keys = attention_length(a->key_lengths, example, a->keys);
    // Without a key there is nothing to see.
    h->queries = h->keys > 0 ? attention_length(a->query_lengths, example, a->queries) : 0;
    h->query_start = head * a->head_dim * a->padded_queries + example * a->queries;
    h->key_start = head * a->head_dim * a->padded_keys + example * a->keys;
    for (int64_t j = 0; j < h->keys; j += ATTENTION_KEYS) {
        const int64_t left = h->keys - j, count = left < ATTENTION_KEYS ? left : ATTENTION_KEYS, at = h->key_start + j;
        attention_copy(k + at, a->padded_keys, a->head_dim, count, 1.0f, h->width, ATTENTION_KEYS, h->k + j * h->width);
        attention_copy(v + at, a->padded_keys, a->head_dim, count, 1.0f, h->width, ATTENTION_KEYS, h->v + j * h->width);
    }
}

// ---- a block of queries and a tile of keys ----

// Queries first ..< first + count, and how many keys the queries of each vector see together.
typedef struct {
    int64_t first, count, seen[ATTENTION_VECTORS], most;
} attention_block;

DT_INLINE attention_block attention_block_of(const attention_head *h, int64_t first) {
    const int64_t left = h->queries - first;
    attention_block b = {.first = first, .count = left < ATTENTION_QUERIES ? left : ATTENTION_QUERIES};
    for (int v = 0; v < ATTENTION_VECTORS; v++) {
        const int64_t end = first + (v + 1) * DT_LANES;
        b.seen[v] = v * DT_LANES >= b.count ? 0 : h->a->causal && end < h->keys ? end : h->keys;
        b.most = b.seen[v] > b.most ? b.seen[v] : b.most;
    }
    return b;
}

// Of the keys from `start` on, the rows of a tile that each vector sees. Those up to row `diagonal` are seen by all of
// its queries; of row diagonal + n the first n queries see nothing.
typedef struct {
    int64_t start, rows[ATTENTION_VECTORS], diagonal[ATTENTION_VECTORS], most;
    // Whether all vectors see the same rows.
    bool even;
} attention_tile;

DT_INLINE attention_tile attention_tile_of(const attention_head *h, const attention_block *b, int64_t start) {
    attention_tile t = {.start = start, .even = true};
    for (int v = 0; v < ATTENTION_VECTORS; v++) {
        const int64_t left = b->seen[v] - start;
        t.rows[v] = left < 0 ? 0 : left < ATTENTION_KEYS ? left : ATTENTION_KEYS;
        t.diagonal[v] = h->a->causal ? b->first + v * DT_LANES - start : ATTENTION_KEYS;
        t.most = t.rows[v] > t.most ? t.rows[v] : t.most;
        t.even = t.even && t.rows[v] == t.rows[0];
    }
    return t;
}

// The rows of vector v that all of its queries see.
DT_INLINE int64_t attention_open_rows(const attention_tile *t, int v) {
    const int64_t open = t->diagonal[v] + 1;
    return open < 0 ? 0 : open < t->rows[v] ? open : t->rows[v];
}

// `hidden` in the lanes that do not see row `row`.
DT_INLINE f32x16 attention_hide(const attention_tile *t, int v, int64_t row, f32x16 x, f32x16 hidden) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return lane < (int32_t)(row - t->diagonal[v]) ? hidden : x;
}

// s[j][i] = the sum of x[d][i]*w[d][j] over features d, for the rows that each vector sees.
static void attention_scores(const attention_tile *t, const float *x, const float *w, int64_t features, float *s) {
    attention_operands o = {x, w, ATTENTION_QUERIES, 1, ATTENTION_KEYS, features, s, ATTENTION_QUERIES};
    if (t->even) {
        attention_product(o, t->most, ATTENTION_VECTORS, NULL, ATTENTION_SET);
        return;
    }
    for (int v = 0; v < ATTENTION_VECTORS; v++) {
        attention_product(o, t->rows[v], 1, NULL, ATTENTION_SET);
        o.x += DT_LANES;
        o.y += DT_LANES;
    }
}

// y[d][i] = y*factor + the sum of p[j][i]*w[d][j] over the keys j that i's vector sees; the first tile sets y.
static void attention_mix(const attention_tile *t, const float *p, const float *w, int64_t features,
                          const f32x16 *factor, float *y) {
    attention_operands o = {p, w, ATTENTION_QUERIES, ATTENTION_KEYS, 1, 0, y, ATTENTION_QUERIES};
    const int vectors = t->even ? ATTENTION_VECTORS : 1;
    for (int v = 0; v < ATTENTION_VECTORS; v += vectors, o.x += DT_LANES, o.y += DT_LANES) {
        o.terms = t->rows[v];
        if (o.terms == 0) { continue; }
        if (t->start == 0) {
            attention_product(o, features, vectors, NULL, ATTENTION_SET);
        } else {
            attention_product(o, features, vectors, factor + v, ATTENTION_RESCALE);
        }
    }
}

// ---- dropout of weights, keyed as dropout.h keys it ----

DT_INLINE f32x16 attention_mask(dropout_keep keep, const float *words) {
    return f32_to_bits(load_f32(words)) >= keep.threshold ? keep.scale : (f32x16)0.0f;
}

// The words of a tile's weights, as far as queries see keys. They are drawn along keys, sixteen queries at a time, and
// transposed.
static void attention_draw(const attention_head *h, const attention_block *b, const attention_tile *t) {
    const dt_attention *a = h->a;
    for (int64_t i = 0; i < b->count; i += DT_LANES) {
        for (int64_t lane = 0; lane < DT_LANES && i + lane < b->count; lane++) {
            const int64_t element = (h->head * a->queries + b->first + i + lane) * a->keys + t->start;
            const int64_t before = element % 4, seen = b->first + i + lane + 1 - t->start;
            const int64_t end = before + (a->causal && seen < t->most ? seen : t->most);
            float *line = h->lines + lane * ATTENTION_LINE + DT_LANES - before;
            for (int64_t e = 0; e < end; e += 4 * DT_COUNTERS) {
                u32x16 words[2];
                philox_words(a->key, (uint32_t)((element + e) / 4), a->tag, a->indices[h->example], words);
                store_f32(line + e, bits_to_f32(words[0]));
                store_f32(line + e + DT_LANES, bits_to_f32(words[1]));
            }
        }
        for (int64_t j = 0; j < t->most; j += DT_LANES) {
            transpose_block(h->lines + DT_LANES + j, ATTENTION_LINE, h->words + j * ATTENTION_QUERIES + i,
                            ATTENTION_QUERIES);
        }
    }
}

// ---- softmax ----

// exp(x) for x at most a little above zero, never less than the smallest normal number; NaN stays NaN.
DT_INLINE f32x16 attention_exp(f32x16 x) {
    const dt_split_exp_f32 e = split_exp_f32((f32x16)DT_EXP_LOWEST > x ? (f32x16)DT_EXP_LOWEST : x);
    const f32x16 y = bits_to_f32(f32_to_bits(1.0f + e.excess) + (f32_to_bits(e.rounded) << 23));
    return x <= DT_EXP_HIGHEST ? y : x + __builtin_inff();
}

DT_INLINE f32x16 attention_larger(f32x16 a, f32x16 b) { return a < b ? b : a; }

// The largest score so far of each query of a vector, and the sum of exp(score - largest).
typedef struct {
    f32x16 largest, sum;
} attention_sums;

// Scores become weights, up to the division by the sum, and the sums go on. Returns what earlier sums were scaled by.
DT_INLINE f32x16 attention_softmax(const attention_tile *t, int v, const float *words, dropout_keep keep, float *s,
                                   attention_sums *sums) {
    const int64_t open = attention_open_rows(t, v), rows = t->rows[v];
    f32x16 largest = sums->largest, sum = 0.0f;
    int64_t r = 0;
    for (; r < open; r++) { largest = attention_larger(largest, load_f32(s + r * ATTENTION_QUERIES)); }
    for (; r < rows; r++) {
        const f32x16 x = load_f32(s + r * ATTENTION_QUERIES);
        largest = attention_larger(largest, attention_hide(t, v, r, x, largest));
    }
    for (r = 0; r < rows; r++) {
        float *place = s + r * ATTENTION_QUERIES;
        f32x16 p = attention_exp(load_f32(place) - largest);
        if (r >= open) { p = attention_hide(t, v, r, p, 0.0f); }
        sum = sum + p;
        if (words) { p = p * attention_mask(keep, words + r * ATTENTION_QUERIES); }
        store_f32(place, p);
    }
    const f32x16 factor = attention_exp(sums->largest - largest);
    *sums = (attention_sums){largest, multiply_add_f32(sums->sum, factor, sum)};
    return factor;
}

// ---- forward ----

// Divides a block's results by its sums and stores both.
DT_INLINE void attention_finish(const attention_head *h, const attention_block *b, const attention_sums *sums,
                                const float *out, float *y, float *lse) {
    const int64_t padded = h->a->padded_queries;
    f32x16 factor[ATTENTION_VECTORS];
    for (int v = 0; v < ATTENTION_VECTORS; v++) {
        factor[v] = 1.0f / sums[v].sum;
        const int64_t at = v * DT_LANES;
        if (!lse || at >= b->count) { continue; }
        const f64x16 log = widen(sums[v].largest) + log_24(widen(sums[v].sum));
        attention_put(lse + b->first + at, narrow(log), b->count - at);
    }
    attention_store(out, ATTENTION_QUERIES, h->a->head_dim, b->count, factor, padded, y + h->query_start + b->first);
}

// The attention of a block; `out` [width][query] is its sum over values.
static void attention_forward(const attention_head *h, const float *q, int64_t first, float *out, float *y,
                              float *lse) {
    const attention_block b = attention_block_of(h, first);
    const dropout_keep keep = dropout_keep_of(h->a->rate);
    const bool drops = h->a->rate > 0;
    attention_sums sums[ATTENTION_VECTORS];
    f32x16 factor[ATTENTION_VECTORS];
    for (int v = 0; v < ATTENTION_VECTORS; v++) { sums[v] = (attention_sums){-__builtin_inff(), 0.0f}; }
    attention_copy_queries(h, q, first, b.count, h->scale, h->q);
    for (int64_t j = 0; j < b.most; j += ATTENTION_KEYS) {
        const attention_tile t = attention_tile_of(h, &b, j);
        attention_scores(&t, h->q, h->k + j * h->width, h->a->head_dim, h->scores);
        if (drops) { attention_draw(h, &b, &t); }
        for (int v = 0; v < ATTENTION_VECTORS; v++) {
            if (t.rows[v] == 0) { continue; }
            const float *words = drops ? h->words + v * DT_LANES : NULL;
            factor[v] = attention_softmax(&t, v, words, keep, h->scores + v * DT_LANES, sums + v);
        }
        attention_mix(&t, h->scores, h->v + j * h->width, h->a->head_dim, factor, out);
    }
    attention_finish(h, &b, sums, out, y, lse);
}

static void attention(const dt_attention *a, const float *q, const float *k, const float *v, float *y, float *lse,
                      void *scratch) {
    attention_head h = attention_prepare(a, scratch);
    float *out = attention_take(&h, h.width * ATTENTION_QUERIES);
    for (int64_t n = 0; n < a->examples; n++) {
        for (int64_t head = 0; head < a->heads; head++) {
            attention_begin(&h, n, head, k, v);
            float *sums = lse ? lse + (n * a->heads + head) * a->queries : NULL;
            for (int64_t i = 0; i < h.queries; i += ATTENTION_QUERIES) { attention_forward(&h, q, i, out, y, sums); }
            attention_clear(a->head_dim, h.queries, a->queries, a->padded_queries, y + h.query_start);
            if (sums) { attention_clear(1, h.queries, a->queries, 0, sums); }
        }
    }
}

#endif
