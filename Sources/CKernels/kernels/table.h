// All kernels of one variant and its table. A variant file defines DT_VARIANT_ISA and DT_VARIANT_TABLE,
// sets the target and includes this once.
#include "common.h"

#include "functions.h"
#include "elementwise.h"
#include "select.h"
#include "shape.h"
#include "moves.h"
#include "table_rows.h"
#include "permute.h"
#include "dense.h"
#include "batch_matmul.h"
#include "dense_bfloat16.h"
#include "functions_f32.h"
#include "recurrent.h"
#include "recurrent_gradient.h"
#include "rows.h"
#include "dropout.h"
#include "batch_norm.h"
#include "batch_norm_add.h"
#include "group_norm.h"
#include "layer_norm.h"
#include "rms_norm.h"
#include "layer_norm_columns.h"
#include "attention.h"
#include "attention_gradient.h"
#include "pooling.h"
#include "batch_norm_pool.h"
#include "parameters.h"
#include "gradients.h"
#include "moment_rules.h"
#include "rate_rules.h"
#include "measured_rules.h"
#include "bfloat16.h"
#include "batches.h"
#include "augment.h"
#include "whiten.h"
#include "hash.h"

const dt_kernels DT_VARIANT_TABLE = {
    .isa = DT_VARIANT_ISA,

    .unary = unary,
    .binary = binary,
    .unary_bf16 = unary_bf16,
    .binary_bf16 = binary_bf16,
    .unary_f64 = unary_f64,
    .binary_f64 = binary_f64,
    .fill = fill,
    .select = select_elements,
    .to_f64 = to_f64,
    .to_f32 = to_f32,
    .to_bf16 = to_bf16,
    .from_bf16 = from_bf16,

    .sum_middle = sum_middle,
    .sum_middle_f64 = sum_middle_f64,
    .sum_middle_bf16 = sum_middle_bf16,
    .max_middle = max_middle,
    .repeat_middle = repeat_middle,
    .repeat_middle_f64 = repeat_middle_f64,
    .bias_add = bias_add,
    .bias_add_bf16 = bias_add_bf16,
    .permute = permute,

    .slice_middle = slice_middle,
    .slice_middle_bf16 = slice_middle_bf16,
    .place_middle = place_middle,
    .place_middle_bf16 = place_middle_bf16,
    .pad_middle = pad_middle,
    .pad_middle_bf16 = pad_middle_bf16,
    .pad_middle_gradient = pad_middle_gradient,
    .cumulative_sum = cumulative_sum,

    .gather_rows = gather_rows,
    .gather_rows_bf16 = gather_rows_bf16,
    .scatter_add_rows = scatter_add_rows,

    .batch_matmul = batch_matmul,

    .dense_forward = dense_forward,
    .dense_input_gradient = dense_input_gradient,
    .dense_weight_gradient = dense_weight_gradient,
    .dense_bias_gradient = dense_bias_gradient,
    .rows_to_columns = rows_to_columns,
    .columns_to_rows = columns_to_rows,
    .rows_to_strips = rows_to_strips,
    .columns_to_strips = columns_to_strips,

    .dense_forward_bf16 = dense_forward_bf16,
    .dense_input_gradient_bf16 = dense_input_gradient_bf16,
    .dense_weight_gradient_bf16 = dense_weight_gradient_bf16,
    .dense_bias_gradient_bf16 = dense_bias_gradient_bf16,
    .round_weights = round_weights,
    .pack_weights = pack_weights,
    .rows_to_pairs = rows_to_pairs,
    .pairs_to_rows = pairs_to_rows,
    .pairs_to_transposed = pairs_to_transposed,
    .rows_to_strips_bf16 = rows_to_strips_bf16,
    .pairs_to_strips = pairs_to_strips,

    .recurrent = recurrent,
    .recurrent_gradient = recurrent_gradient,

    .softmax = softmax,
    .log_softmax = log_softmax,
    .softmax_gradient = softmax_gradient,
    .log_softmax_gradient = log_softmax_gradient,
    .cross_entropy = cross_entropy,
    .cross_entropy_gradient = cross_entropy_gradient,
    .one_hot = one_hot,
    .count_correct = count_correct,

    .dropout_mask = dropout_mask,
    .dropout = dropout,
    .dropout_bf16 = dropout_bf16,

    .channel_moments = channel_moments,
    .batch_norm_coefficients = batch_norm_coefficients,
    .batch_norm_running_coefficients = batch_norm_running_coefficients,
    .batch_norm = batch_norm,
    .batch_norm_gradient_sums = batch_norm_gradient_sums,
    .batch_norm_gradient_means = batch_norm_gradient_means,
    .batch_norm_gradient = batch_norm_gradient,
    .batch_norm_add = batch_norm_add,
    .batch_norm_add_gradient_sums = batch_norm_add_gradient_sums,
    .merge_moments = merge_moments,

    .group_norm = group_norm,
    .group_norm_gradient = group_norm_gradient,
    .layer_norm = layer_norm,
    .layer_norm_bf16 = layer_norm_bf16,
    .layer_norm_gradient = layer_norm_gradient,
    .layer_norm_gradient_bf16 = layer_norm_gradient_bf16,
    .rms_norm = rms_norm,
    .rms_norm_gradient = rms_norm_gradient,
    .layer_norm_columns = layer_norm_columns,
    .rms_norm_columns = rms_norm_columns,
    .layer_norm_columns_gradient = layer_norm_columns_gradient,
    .rms_norm_columns_gradient = rms_norm_columns_gradient,

    .attention = attention,
    .attention_gradient = attention_gradient,

    .max_pool = max_pool,
    .max_pool_scatter = max_pool_scatter,
    .max_pool_gather = max_pool_gather,
    .average_pool = average_pool,
    .average_pool_scatter = average_pool_scatter,

    .batch_norm_max_pool_fits = batch_norm_max_pool_fits,
    .batch_norm_max_pool = batch_norm_max_pool,
    .batch_norm_max_pool_gradient_sums = batch_norm_max_pool_gradient_sums,
    .batch_norm_max_pool_gradient = batch_norm_max_pool_gradient,

    .sgd = sgd,
    .adam = adam,
    .amsgrad = amsgrad,
    .nadam = nadam,
    .radam = radam,
    .adamax = adamax,
    .adagrad = adagrad,
    .rmsprop = rmsprop,
    .adadelta = adadelta,
    .delta_bar_delta = delta_bar_delta,
    .lars = lars,
    .lamb_direction = lamb_direction,
    .swats_direction = swats_direction,
    .lookahead = lookahead,
    .clamp = clamp,
    .dot = dot,
    .sum_of_squares = sum_of_squares,
    .add = add,
    .add_f64 = add_f64,
    .add_scaled = add_scaled,

    .round_bfloat16 = round_bfloat16,
    .add_bfloat16 = add_bfloat16,

    .gather_u8 = gather_u8,
    .gather_f32 = gather_f32,
    .gather_f64 = gather_f64,

    .augment_flip = augment_flip,
    .augment_move = augment_move,
    .augment_rotate = augment_rotate,
    .augment_erase = augment_erase,

    .standardize_u8 = standardize_u8,
    .standardize_f32 = standardize_f32,
    .standardize_f64 = standardize_f64,
    .tile_products = tile_products,
    .whiten = whiten,

    .hash = hash_block,
};
