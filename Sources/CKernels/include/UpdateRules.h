// The hyperparameters of the optimizer steps; every element of a step uses the same ones.
//
// "As torch.optim.X does it" means its single-tensor form, operation by operation in Float32; numbers derived from
// hyperparameters are computed in Float64 and rounded once. weight_decay adds weight_decay*w to the gradient or,
// decoupled, first does w *= 1 - lr*weight_decay.
#ifndef DTRAIN_UPDATE_RULES_H
#define DTRAIN_UPDATE_RULES_H

#include <stdbool.h>

// An SGD step as torch.optim.SGD does it: g += weight_decay*w; v = momentum*v + (1-dampening)*g (v = g on
// the first step); g = nesterov ? g + momentum*v : v; w -= lr*g. Without has_velocity v is not touched: w -= lr*g.
typedef struct {
    double lr, momentum, dampening, weight_decay;
    bool has_velocity, nesterov, first_step;
} dt_sgd;

// An Adam or AdamW step as torch.optim.Adam(W) does it: bias_correction1 = 1-beta1^t and bias_correction2_sqrt =
// sqrt(1-beta2^t) come from the caller. AMSGrad divides by the largest v so far.
typedef struct {
    double lr, beta1, beta2, epsilon, weight_decay, bias_correction1, bias_correction2_sqrt;
    bool decoupled;
} dt_adam;

// A step as torch.optim.NAdam does it: with m and v as Adam's and d = sqrt(v/bias_correction2) + epsilon,
// w -= gradient_step*g/d; w -= moment_step*m/d. lr serves the decoupled decay alone.
typedef struct {
    double lr, beta1, beta2, epsilon, weight_decay, gradient_step, moment_step, bias_correction2;
    bool decoupled;
} dt_nadam;

// A step as torch.optim.RAdam does it: w -= lr*m/bias_correction1, times
// rectification*bias_correction2_sqrt/(sqrt(v) + epsilon) if adaptive.
typedef struct {
    double lr, beta1, beta2, epsilon, weight_decay, bias_correction1, bias_correction2_sqrt, rectification;
    bool decoupled, adaptive;
} dt_radam;

// A step as torch.optim.Adamax does it: norm = max(beta2*norm, |g| + epsilon); w -= lr/bias_correction1 * m/norm.
typedef struct {
    double lr, beta1, beta2, epsilon, weight_decay, bias_correction1;
} dt_adamax;

// A step as torch.optim.Adagrad does it: sum += g*g, from `initial` at the first step; w -= lr*g/(sqrt(sum) +
// epsilon), lr already decayed. The root is of sum/divisor: 1 for torch's, the number of steps for the mean.
typedef struct {
    double lr, epsilon, weight_decay, initial, divisor;
    bool first_step;
} dt_adagrad;

// A step as torch.optim.RMSprop does it: square = alpha*square + (1-alpha)*g*g. If centered, mean is the same of g, and
// square - mean*mean, at least 0, replaces square below. d = g/(sqrt(square) + epsilon). With has_velocity v =
// momentum*v + d and w -= lr*v, nesterov: w -= lr*(d + momentum*v), which torch does not have; else w -= lr*d. A step
// that starts_mean sets square = g*g, which torch does not have either.
typedef struct {
    double lr, alpha, momentum, epsilon, weight_decay;
    bool has_velocity, centered, nesterov, starts_mean;
} dt_rmsprop;

// A step as torch.optim.Adadelta does it: square = rho*square + (1-rho)*g*g; d = g*sqrt(delta + epsilon)/sqrt(square +
// epsilon); delta = rho*delta + (1-rho)*d*d; w -= lr*d.
typedef struct {
    double lr, rho, epsilon, weight_decay;
} dt_adadelta;

// A delta-bar-delta step: rate += kappa where g and mean have the same sign, rate *= phi where they have opposite
// ones; mean = theta*mean + (1-theta)*g; w -= rate*g. Rates are lr before the first step.
typedef struct {
    double lr, kappa, phi, theta;
    bool first_step;
} dt_delta_bar_delta;

// A LARS step: v = momentum*v + rate*(g + weight_decay*w); w -= v.
typedef struct {
    double rate, momentum, weight_decay;
} dt_lars;

// The direction of a SWATS step, with weight_decay*w added to g. While SWATS follows Adam: m/(sqrt(v) + epsilon) after
// m and v moved as Adam's. While it follows SGD: the velocity m = beta1*m + g, which is g after a restart.
typedef struct {
    double beta1, beta2, epsilon, weight_decay;
    bool sgd, restart;
} dt_swats;

#endif
