// Gradients of recurrent layers, back through time.
//
// The chain needs one product at each step, of the gates' gradients with the state's weights; those with the inputs and
// for the weights are made elsewhere, of all steps at once. Layouts are those of recurrent.h: the weights' rows are the
// terms here, so that packing copies parts of rows.
#ifndef DTRAIN_KERNELS_RECURRENT_GRADIENT_H
#define DTRAIN_KERNELS_RECURRENT_GRADIENT_H

#include "recurrent.h"

// Packs w [G*H][H] so that its rows, each gate's padded to U, are the terms.
static void recurrent_pack_terms(const dt_recurrent *r, const float *w, float *panels) {
    const int64_t hidden = r->hidden, padded = recurrent_padded(r), terms = dt_recurrent_gates(r->kind) * padded;
    for (int64_t u = 0; u < padded; u += DT_LANES) {
        int64_t stride;
        float *place = panel_place(panels, terms, padded, u, &stride);
        for (int64_t term = 0; term < terms; term++) {
            const int64_t gate = term / padded, unit = term % padded;
            const f32x16 zeros = 0.0f;
            store_f32(place + term * stride,
                      unit < hidden ? load_units(w + (gate * hidden + unit) * hidden, u, hidden) : zeros);
        }
    }
}

// An example at a step: its outputs there and at the step before, NULL for zeros, what the forward pass kept of the
// two, and the output's gradient; the gradients of the gates as rows and as terms of the product; and the gradients of
// the state and of the cell's state, which are replaced by the parts that skip the product.
typedef struct {
    const float *y, *y_before, *kept, *kept_before, *dy;
    float *dgates, *dhidden, *terms, *dstate, *dcell;
} recurrent_gradient_place;

DT_INLINE void rnn_gradient(recurrent_gradient_place at, int64_t hidden, int64_t padded, bool relu) {
    for (int64_t u = 0; u < padded; u += DT_LANES) {
        const f32x16 dh = load_units(at.dy, u, hidden) + load_f32(at.dstate + u), y = load_units(at.y, u, hidden);
        const f32x16 d = relu ? (y > 0.0f ? dh : (f32x16)0.0f) : dh * multiply_add_f32(-y, y, 1.0f);
        store_f32(at.terms + u, d);
        store_units(at.dgates, u, hidden, d);
        store_f32(at.dstate + u, (f32x16)0.0f);
    }
}

// Stores the gradient of a gate as a term and in a row.
DT_INLINE void store_gate(recurrent_gradient_place at, int64_t gate, int64_t u, int64_t hidden, int64_t padded,
                          f32x16 d) {
    store_f32(at.terms + gate * padded + u, d);
    store_units(at.dgates + gate * hidden, u, hidden, d);
}

DT_INLINE void lstm_gradient(recurrent_gradient_place at, int64_t hidden, int64_t padded) {
    for (int64_t u = 0; u < padded; u += DT_LANES) {
        const float *kept = at.kept + u;
        const f32x16 i = load_f32(kept), f = load_f32(kept + padded), g = load_f32(kept + 2 * padded);
        const f32x16 o = load_f32(kept + 3 * padded), c = tanh_f32(load_f32(kept + 4 * padded)), zeros = 0.0f;
        const f32x16 before = at.kept_before ? load_f32(at.kept_before + 4 * padded + u) : zeros;
        const f32x16 dh = load_units(at.dy, u, hidden) + load_f32(at.dstate + u);
        const f32x16 dc = multiply_add_f32(dh * o, multiply_add_f32(-c, c, 1.0f), load_f32(at.dcell + u));
        store_gate(at, 0, u, hidden, padded, dc * g * (i * (1.0f - i)));
        store_gate(at, 1, u, hidden, padded, dc * before * (f * (1.0f - f)));
        store_gate(at, 2, u, hidden, padded, dc * i * multiply_add_f32(-g, g, 1.0f));
        store_gate(at, 3, u, hidden, padded, dh * c * (o * (1.0f - o)));
        store_f32(at.dcell + u, dc * f);
        store_f32(at.dstate + u, zeros);
    }
}

DT_INLINE void gru_gradient(recurrent_gradient_place at, int64_t hidden, int64_t padded) {
    for (int64_t u = 0; u < padded; u += DT_LANES) {
        const float *kept = at.kept + u;
        const f32x16 r = load_f32(kept), z = load_f32(kept + padded), n = load_f32(kept + 2 * padded);
        const f32x16 inner = load_f32(kept + 3 * padded), zeros = 0.0f;
        const f32x16 before = at.y_before ? load_units(at.y_before, u, hidden) : zeros;
        const f32x16 dh = load_units(at.dy, u, hidden) + load_f32(at.dstate + u);
        const f32x16 dn = dh * (1.0f - z) * multiply_add_f32(-n, n, 1.0f), dn_state = dn * r;
        const f32x16 dr = dn * inner * (r * (1.0f - r)), dz = dh * (before - n) * (z * (1.0f - z));
        store_gate(at, 0, u, hidden, padded, dr);
        store_gate(at, 1, u, hidden, padded, dz);
        store_f32(at.terms + 2 * padded + u, dn_state);
        store_units(at.dgates + 2 * hidden, u, hidden, dn);
        store_units(at.dhidden, u, hidden, dr);
        store_units(at.dhidden + hidden, u, hidden, dz);
        store_units(at.dhidden + 2 * hidden, u, hidden, dn_state);
        store_f32(at.dstate + u, dh * z);
    }
}

// The memory of a gradient.
typedef struct {
    const float *y, *reserve, *dy;
    float *dgates, *dhidden, *terms, *dstate, *dcell;
} recurrent_gradients;

// All examples at a step; `before` is the step walked before it, or -1.
static void recurrent_gate_gradients(const dt_recurrent *r, int64_t step, int64_t before,
                                     const recurrent_gradients *m) {
    const int64_t hidden = r->hidden, padded = recurrent_padded(r), gates = dt_recurrent_gates(r->kind);
    const int64_t kept = dt_recurrent_reserve_rows(r->kind) * padded;
    for (int64_t n = 0; n < r->examples; n++) {
        const int64_t row = step * r->examples + n, row_before = before * r->examples + n;
        const bool is_first = before < 0;
        const recurrent_gradient_place at = {
            .y = m->y + row * hidden,
            .y_before = is_first ? NULL : m->y + row_before * hidden,
            .kept = m->reserve + row * kept,
            .kept_before = is_first ? NULL : m->reserve + row_before * kept,
            .dy = m->dy + row * hidden,
            .dgates = m->dgates + row * gates * hidden,
            .dhidden = m->dhidden ? m->dhidden + row * gates * hidden : NULL,
            .terms = m->terms + n * recurrent_stride(gates * padded),
            .dstate = m->dstate + n * padded,
            .dcell = m->dcell + n * padded,
        };
        if (recurrent_is_over(r, step, n)) {
            recurrent_zero(at.dgates, gates * hidden);
            if (r->kind == DT_GRU) { recurrent_zero(at.dhidden, gates * hidden); }
            recurrent_zero(at.terms, gates * padded);
            recurrent_zero(at.dstate, padded);
            recurrent_zero(at.dcell, padded);
            continue;
        }
        switch (r->kind) {
        case DT_RNN_TANH: rnn_gradient(at, hidden, padded, false); break;
        case DT_RNN_RELU: rnn_gradient(at, hidden, padded, true); break;
        case DT_LSTM: lstm_gradient(at, hidden, padded); break;
        case DT_GRU: gru_gradient(at, hidden, padded); break;
        }
    }
}

static void recurrent_gradient(const dt_recurrent *r, const float *w_hh, const float *y, const float *reserve,
                               const float *dy, float *dgates, float *dhidden, void *scratch) {
    const int64_t examples = r->examples, padded = recurrent_padded(r), walked = recurrent_walked(r);
    const int64_t gates = dt_recurrent_gates(r->kind), terms = gates * padded, stride = recurrent_stride(terms);
    float *left = recurrent_aligned(scratch);
    float *panels = recurrent_take(&left, terms * padded);
    const recurrent_gradients memory = {
        y, reserve, dy, dgates, dhidden, recurrent_take(&left, examples * stride),
        recurrent_take(&left, examples * padded), recurrent_take(&left, examples * padded),
    };
    recurrent_pack_terms(r, w_hh, panels);
    recurrent_zero(memory.dstate, examples * padded);
    recurrent_zero(memory.dcell, examples * padded);
    const panel_task states = {memory.terms, panels, memory.dstate, stride, padded, examples, terms, padded};
    for (int64_t left_steps = walked; left_steps > 0; left_steps--) {
        const int64_t step = r->reversed ? walked - left_steps : left_steps - 1;
        const int64_t before = left_steps == 1 ? -1 : r->reversed ? step + 1 : step - 1;
        recurrent_gate_gradients(r, step, before, &memory);
        if (left_steps > 1) { panel_product(&states); }
    }
    const int64_t width = gates * r->hidden, rest = (r->steps - walked) * examples * width;
    recurrent_zero(dgates + walked * examples * width, rest);
    if (r->kind == DT_GRU) { recurrent_zero(dhidden + walked * examples * width, rest); }
}

#endif
