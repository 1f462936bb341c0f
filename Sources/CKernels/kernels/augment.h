// Random changes of one image: c planes of h rows of w elements. Elements from outside the image are fill[channel].
#ifndef DTRAIN_KERNELS_AUGMENT_H
#define DTRAIN_KERNELS_AUGMENT_H

#include "common.h"

static void augment_flip(float *x, int64_t c, int64_t h, int64_t w, bool vertical) {
    for (int64_t k = 0; k < c; k++) {
        float *plane = x + k * h * w;
        if (vertical) {
            for (int64_t top = 0, bottom = h - 1; top < bottom; top++, bottom--) {
                for (int64_t j = 0; j < w; j++) {
                    const float kept = plane[top * w + j];
                    plane[top * w + j] = plane[bottom * w + j];
                    plane[bottom * w + j] = kept;
                }
            }
            continue;
        }
        for (int64_t i = 0; i < h; i++) {
            float *row = plane + i * w;
            for (int64_t left = 0, right = w - 1; left < right; left++, right--) {
                const float kept = row[left];
                row[left] = row[right];
                row[right] = kept;
            }
        }
    }
}

static void augment_move(const float *x, int64_t c, int64_t h, int64_t w, int64_t down, int64_t right, const float *fill, float *y) {
    // Columns first ..< last of the result come from inside the image.
    const int64_t first = right < 0 ? 0 : right < w ? right : w;
    const int64_t last = right > 0 ? w : w + right > first ? w + right : first;
    for (int64_t k = 0; k < c; k++) {
        for (int64_t i = 0; i < h; i++) {
            const int64_t from = i - down;
            float *out = y + (k * h + i) * w;
            if (from < 0 || from >= h) {
                for (int64_t j = 0; j < w; j++) { out[j] = fill[k]; }
                continue;
            }
            for (int64_t j = 0; j < first; j++) { out[j] = fill[k]; }
            memcpy(out + first, x + (k * h + from) * w + first - right, (size_t)(last - first) * sizeof *x);
            for (int64_t j = last; j < w; j++) { out[j] = fill[k]; }
        }
    }
}

// The element at (i, j) of a plane, or what lies outside.
DT_INLINE double augment_at(const float *plane, int64_t h, int64_t w, int64_t i, int64_t j, double outside) {
    return i >= 0 && i < h && j >= 0 && j < w ? (double)plane[i * w + j] : outside;
}

static void augment_rotate(const float *x, int64_t c, int64_t h, int64_t w, double cosine, double sine, const float *fill, float *y) {
    const double middle_i = (double)(h - 1) / 2, middle_j = (double)(w - 1) / 2;
    for (int64_t i = 0; i < h; i++) {
        for (int64_t j = 0; j < w; j++) {
            const double di = (double)i - middle_i, dj = (double)j - middle_j;
            const double from_i = sine * dj + cosine * di + middle_i, from_j = cosine * dj - sine * di + middle_j;
            // The floor, without a call.
            int64_t top = (int64_t)from_i, left = (int64_t)from_j;
            top -= (double)top > from_i;
            left -= (double)left > from_j;
            const double below = from_i - (double)top, behind = from_j - (double)left;
            for (int64_t k = 0; k < c; k++) {
                const float *plane = x + k * h * w;
                const double outside = fill[k];
                const double upper = augment_at(plane, h, w, top, left, outside) * (1 - behind) + augment_at(plane, h, w, top, left + 1, outside) * behind;
                const double lower = augment_at(plane, h, w, top + 1, left, outside) * (1 - behind) + augment_at(plane, h, w, top + 1, left + 1, outside) * behind;
                y[(k * h + i) * w + j] = (float)(upper * (1 - below) + lower * below);
            }
        }
    }
}

static void augment_erase(float *x, int64_t c, int64_t h, int64_t w, int64_t top, int64_t left, int64_t rows, int64_t columns, const float *fill) {
    for (int64_t k = 0; k < c; k++) {
        for (int64_t i = top; i < top + rows; i++) {
            for (int64_t j = left; j < left + columns; j++) { x[(k * h + i) * w + j] = fill[k]; }
        }
    }
}

#endif
