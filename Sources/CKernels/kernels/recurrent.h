// Recurrent layers: one direction of one layer, forward through time. recurrent_gradient.h goes back.
//
// Hidden units are the vectors and examples the rows: a register tile of a product is a few examples by one or two
// vectors of gates, so that eight examples fill it as well as eighty, and rows of activations are read and written
// where they stand. Weights are packed once a call into *panels* of DENSE_VECTORS vectors of outputs, term by term:
// each step streams them from the caches in the order in which they stand. The units of each gate are padded to whole
// vectors of zero weights; U is their padded number.
//
// The inputs of some steps are multiplied together, and their sums wait in the cache until their step adds the product
// with the state. Every element is a bias plus chunks of DENSE_CHUNK terms, each one chain from zero, in order: neither
// the number of examples nor an example's place changes its bits.
//
// Of bfloat16 layers only the operands of products would be rounded: inputs, `state`, `terms` and the panels would hold
// pairs, and panel_tile would pass DENSE_PAIRS. Gates and the cell's state would stay as they are.
#ifndef DTRAIN_KERNELS_RECURRENT_H
#define DTRAIN_KERNELS_RECURRENT_H

#include "dense.h"
#include "functions_f32.h"

// ---- products with panels ----

// y [rows][columns] += x times the matrix in panels; columns are whole vectors.
typedef struct {
    const float *x, *panels;
    float *y;
    int64_t x_stride, y_stride, rows, terms, columns;
} panel_task;

#define PANEL_WIDTH (DENSE_VECTORS * DT_LANES)

// How far ahead of a product its panels are prefetched, in floats.
#define PANEL_FLOATS_AHEAD 1024

// Adds one chunk of terms to a tile at y.
DT_INLINE void panel_tile(const float *x, int64_t x_stride, const float *panel, int64_t terms, float *y,
                          int64_t y_stride, int rows, int vectors) {
    f32x16 acc[DENSE_ROWS][DENSE_VECTORS];
    dense_clear(acc, rows, vectors);
    for (; terms > 0; terms--) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) { __builtin_prefetch(panel + PANEL_FLOATS_AHEAD + v * DT_LANES, 0, 3); }
        dense_term(acc, panel, x, x_stride, rows, vectors, DT_LANES, DENSE_FLOATS);
        panel += vectors * DT_LANES;
        x++;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            float *target = y + r * y_stride + v * DT_LANES;
            store_f32(target, load_f32(target) + acc[r][v]);
        }
    }
}

// The columns of one panel, chunk by chunk, so that a chunk stays in the first-level cache for all rows.
DT_INLINE void panel_columns(const panel_task *t, const float *panel, float *y, int vectors) {
    // Rows a multiple of 4 KB apart fall into one set of a first-level cache of eight ways.
    const int64_t most = t->x_stride % 1024 == 0 && DENSE_ROWS > 7 ? 7 : DENSE_ROWS;
    for (int64_t first = 0; first < t->terms; first += DENSE_CHUNK) {
        const int64_t terms = t->terms - first < DENSE_CHUNK ? t->terms - first : DENSE_CHUNK;
        for (int64_t r = 0, rows; r < t->rows; r += rows) {
            rows = dense_rows(t->rows - r, most);
            const float *x = t->x + r * t->x_stride + first, *w = panel + first * vectors * DT_LANES;
            float *target = y + r * t->y_stride;
#define PANEL_TILE(n) panel_tile(x, t->x_stride, w, terms, target, t->y_stride, n, vectors)
            DENSE_DISPATCH(rows, PANEL_TILE)
#undef PANEL_TILE
        }
    }
}

static void panel_product(const panel_task *t) {
    for (int64_t column = 0; column < t->columns; column += PANEL_WIDTH) {
        const float *panel = t->panels + column * t->terms;
        if (t->columns - column >= PANEL_WIDTH) {
            panel_columns(t, panel, t->y + column, DENSE_VECTORS);
        } else {
            panel_columns(t, panel, t->y + column, 1);
        }
    }
}

// Where vector `column` of outputs begins in panels, and how far its terms are apart.
DT_INLINE float *panel_place(float *panels, int64_t terms, int64_t columns, int64_t column, int64_t *stride) {
    const int64_t first = column / PANEL_WIDTH * PANEL_WIDTH;
    *stride = columns - first < PANEL_WIDTH ? columns - first : PANEL_WIDTH;
    return panels + first * terms + (column - first);
}

// ---- shapes ----

DT_INLINE int64_t recurrent_padded(const dt_recurrent *r) { return dense_padded(r->hidden); }

// Vectors of U pre-activations of an example at a step. A GRU has four: its n gate's part of the input, r, z, and the
// n gate's part of the state; the others have one for each gate.
DT_INLINE int64_t recurrent_parts(const dt_recurrent *r) {
    return r->kind == DT_GRU ? 4 : dt_recurrent_gates(r->kind);
}

// A row of the step's own operands is so long that rows begin in different sets of the first-level cache.
DT_INLINE int64_t recurrent_stride(int64_t count) { return count + DT_LANES; }

// The steps that are walked: those at which some example is not over.
DT_INLINE int64_t recurrent_walked(const dt_recurrent *r) {
    if (!r->lengths) { return r->steps; }
    int64_t longest = 0;
    for (int64_t n = 0; n < r->examples; n++) {
        if (r->lengths[n] > longest) { longest = r->lengths[n]; }
    }
    return longest < r->steps ? longest : r->steps;
}

DT_INLINE bool recurrent_is_over(const dt_recurrent *r, int64_t step, int64_t example) {
    return r->lengths && step >= r->lengths[example];
}

// Elements u ..< u + 16 of a row of `count`; behind its end are zeros, and nothing is written.
DT_INLINE f32x16 load_units(const float *row, int64_t u, int64_t count) {
    return count - u >= DT_LANES ? load_f32(row + u) : load_partial_f32(row + u, count - u, 0.0f);
}

DT_INLINE void store_units(float *row, int64_t u, int64_t count, f32x16 v) {
    if (count - u >= DT_LANES) {
        store_f32(row + u, v);
    } else {
        store_partial_f32(row + u, v, count - u);
    }
}

// The next `count` floats of scratch memory.
DT_INLINE float *recurrent_take(float **scratch, int64_t count) {
    float *taken = *scratch;
    *scratch += count;
    return taken;
}

DT_INLINE float *recurrent_aligned(void *scratch) { return (float *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63); }

DT_INLINE void recurrent_zero(float *x, int64_t count) { memset(x, 0, (size_t)count * sizeof(float)); }

// ---- forward ----

// Packs w [G*H][terms]. The gates stand in the order of the matrix, `turn` of its last ones before the others.
static void recurrent_pack(const dt_recurrent *r, const float *w, int64_t terms, int64_t turn, float *panels) {
    const int64_t gates = dt_recurrent_gates(r->kind), padded = recurrent_padded(r);
    for (int64_t g = 0; g < gates; g++) {
        const float *gate = w + (g + gates - turn) % gates * r->hidden * terms;
        for (int64_t u = 0; u < padded; u += DT_LANES) {
            int64_t stride;
            float *place = panel_place(panels, terms, gates * padded, g * padded + u, &stride);
            const int64_t units = r->hidden - u < DT_LANES ? r->hidden - u : DT_LANES;
            for (int64_t k = 0; k < terms && units < DT_LANES; k++) { store_f32(place + k * stride, (f32x16)0.0f); }
            transpose_plane(gate + u * terms, terms, units, terms, place, stride);
        }
    }
}

// The biases of a row of pre-activations, those of both products added unless they are kept apart.
static void recurrent_biases(const dt_recurrent *r, const float *b_ih, const float *b_hh, float *row) {
    const int64_t padded = recurrent_padded(r), parts = recurrent_parts(r), hidden = r->hidden;
    recurrent_zero(row, parts * padded);
    for (int64_t p = 0; p < parts; p++) {
        const int64_t gate = r->kind != DT_GRU ? p : p == 0 ? 2 : p - 1;
        const bool has_input = r->kind != DT_GRU || p < 3, has_state = r->kind != DT_GRU || p > 0;
        for (int64_t u = 0; u < hidden; u++) {
            const float input = b_ih && has_input ? b_ih[gate * hidden + u] : 0.0f;
            row[p * padded + u] = input + (b_hh && has_state ? b_hh[gate * hidden + u] : 0.0f);
        }
    }
}

// An example at a step: its pre-activations, the state and the cell's state, which are replaced, and what is kept of
// it, if not NULL.
typedef struct {
    const float *sums;
    float *y, *state, *cell, *kept;
} recurrent_place;

DT_INLINE void rnn_gates(recurrent_place at, int64_t hidden, int64_t padded, bool relu) {
    for (int64_t u = 0; u < padded; u += DT_LANES) {
        const f32x16 sum = load_f32(at.sums + u), h = relu ? relu_f32(sum) : tanh_f32(sum);
        store_f32(at.state + u, h);
        store_units(at.y, u, hidden, h);
    }
}

DT_INLINE void lstm_gates(recurrent_place at, int64_t hidden, int64_t padded) {
    for (int64_t u = 0; u < padded; u += DT_LANES) {
        const float *sums = at.sums + u;
        const f32x16 i = sigmoid_f32(load_f32(sums)), f = sigmoid_f32(load_f32(sums + padded));
        const f32x16 g = tanh_f32(load_f32(sums + 2 * padded)), o = sigmoid_f32(load_f32(sums + 3 * padded));
        const f32x16 c = multiply_add_f32(f, load_f32(at.cell + u), i * g), h = o * tanh_f32(c);
        store_f32(at.cell + u, c);
        store_f32(at.state + u, h);
        store_units(at.y, u, hidden, h);
        if (!at.kept) { continue; }
        const f32x16 kept[] = {i, f, g, o, c};
        for (int k = 0; k < 5; k++) { store_f32(at.kept + k * padded + u, kept[k]); }
    }
}

DT_INLINE void gru_gates(recurrent_place at, int64_t hidden, int64_t padded) {
    for (int64_t u = 0; u < padded; u += DT_LANES) {
        const float *sums = at.sums + u;
        const f32x16 r = sigmoid_f32(load_f32(sums + padded)), z = sigmoid_f32(load_f32(sums + 2 * padded));
        const f32x16 inner = load_f32(sums + 3 * padded), n = tanh_f32(multiply_add_f32(r, inner, load_f32(sums)));
        const f32x16 h = multiply_add_f32(z, load_f32(at.state + u) - n, n);
        store_f32(at.state + u, h);
        store_units(at.y, u, hidden, h);
        if (!at.kept) { continue; }
        const f32x16 kept[] = {r, z, n, inner};
        for (int k = 0; k < 4; k++) { store_f32(at.kept + k * padded + u, kept[k]); }
    }
}

// All examples at a step, whose pre-activations begin at sums.
static void recurrent_gates(const dt_recurrent *r, int64_t step, const float *sums, int64_t sums_stride, float *state,
                            float *cell, float *y, float *reserve) {
    const int64_t hidden = r->hidden, padded = recurrent_padded(r), kept = dt_recurrent_reserve_rows(r->kind) * padded;
    for (int64_t n = 0; n < r->examples; n++) {
        const int64_t row = step * r->examples + n;
        const recurrent_place at = {sums + n * sums_stride, y + row * hidden, state + n * recurrent_stride(padded),
                                    cell + n * padded, reserve ? reserve + row * kept : NULL};
        if (recurrent_is_over(r, step, n)) {
            recurrent_zero(at.y, hidden);
            recurrent_zero(at.state, padded);
            recurrent_zero(at.cell, padded);
            if (at.kept) { recurrent_zero(at.kept, kept); }
            continue;
        }
        switch (r->kind) {
        case DT_RNN_TANH: rnn_gates(at, hidden, padded, false); break;
        case DT_RNN_RELU: rnn_gates(at, hidden, padded, true); break;
        case DT_LSTM: lstm_gates(at, hidden, padded); break;
        case DT_GRU: gru_gates(at, hidden, padded); break;
        }
    }
}

static void recurrent(const dt_recurrent *r, const float *x, const float *w_ih, const float *w_hh, const float *b_ih,
                      const float *b_hh, float *y, float *reserve, void *scratch) {
    const int64_t examples = r->examples, hidden = r->hidden, padded = recurrent_padded(r);
    const int64_t columns = dt_recurrent_gates(r->kind) * padded, parts = recurrent_parts(r);
    const int64_t block = dt_recurrent_block(r), walked = recurrent_walked(r);
    const int64_t state_stride = recurrent_stride(padded), sums_stride = recurrent_stride(parts * padded);
    float *left = recurrent_aligned(scratch);
    float *input_panels = recurrent_take(&left, r->inputs * columns);
    float *state_panels = recurrent_take(&left, hidden * columns);
    float *biases = recurrent_take(&left, parts * padded), *cell = recurrent_take(&left, examples * padded);
    float *state = recurrent_take(&left, examples * state_stride);
    float *sums = recurrent_take(&left, block * examples * sums_stride);
    // The n gate of a GRU stands first in the panels of the inputs, and last in those of the state.
    recurrent_pack(r, w_ih, r->inputs, r->kind == DT_GRU ? 1 : 0, input_panels);
    recurrent_pack(r, w_hh, hidden, 0, state_panels);
    recurrent_biases(r, b_ih, b_hh, biases);
    recurrent_zero(cell, examples * padded);
    recurrent_zero(state, examples * state_stride);
    for (int64_t n = 0; n < examples; n++) {
        const size_t bytes = (size_t)hidden * sizeof(float);
        if (r->first_state) { memcpy(state + n * state_stride, r->first_state + n * hidden, bytes); }
        if (r->first_cell) { memcpy(cell + n * padded, r->first_cell + n * hidden, bytes); }
    }

    for (int64_t done = 0, steps; done < walked; done += steps) {
        steps = walked - done < block ? walked - done : block;
        const int64_t first = r->reversed ? walked - done - steps : done;
        for (int64_t row = 0; row < steps * examples; row++) {
            memcpy(sums + row * sums_stride, biases, (size_t)(parts * padded) * sizeof(float));
        }
        const panel_task inputs = {x + first * examples * r->inputs, input_panels, sums, r->inputs, sums_stride,
                                   steps * examples, r->inputs, columns};
        panel_product(&inputs);
        for (int64_t s = 0; s < steps; s++) {
            const int64_t place = r->reversed ? steps - 1 - s : s;
            float *own = sums + place * examples * sums_stride;
            const panel_task states = {state, state_panels, own + (r->kind == DT_GRU ? padded : 0), state_stride,
                                       sums_stride, examples, hidden, columns};
            if (done + s > 0 || r->first_state) { panel_product(&states); }
            recurrent_gates(r, first + place, own, sums_stride, state, cell, y, reserve);
        }
    }
    const int64_t rows = walked * examples, rest = (r->steps - walked) * examples;
    const int64_t kept = dt_recurrent_reserve_rows(r->kind) * padded;
    recurrent_zero(y + rows * hidden, rest * hidden);
    if (reserve) { recurrent_zero(reserve + rows * kept, rest * kept); }
}

#endif
