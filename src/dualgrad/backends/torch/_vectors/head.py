"""What every library begins and ends with: vectors of float64, functions of them, and the loop over the numbers.

The vectors are those that GCC and Clang have of themselves. Functions of Sleef's, which torch's own kernels call, are
found in torch's library when it is loaded; where it has them not, each lane calls C's. The inverse of the normal
distribution is only a start of Newton's steps here: M. J. Wichura, "Algorithm AS 241", Applied Statistics 37, 1988.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FUNCTIONS", "head", "main"]

# Of one argument or two, in the order in which a library is given them.
FUNCTIONS: Final = {
    "exp": 1,
    "expm1": 1,
    "log": 1,
    "log1p": 1,
    "sin": 1,
    "cos": 1,
    "erf": 1,
    "erfc": 1,
    "pow": 2,
}

_HEAD: Final = """
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#define MOST_THREADS 256
typedef double vector __attribute__((vector_size(8 * WIDTH)));
typedef long long truth __attribute__((vector_size(8 * WIDTH)));
static inline vector all(double x) { return x - vector{}; }
static inline bool any(truth x) {
    long long lanes[WIDTH], found = 0;
    memcpy(lanes, &x, sizeof x);
    for (int i = 0; i < WIDTH; i++) found |= lanes[i];
    return found != 0;
}
#define EACH(name, call) static inline vector name(vector x) { \\
    vector y; for (int i = 0; i < WIDTH; i++) y[i] = call(x[i]); return y; }
EACH(sqrt_of, __builtin_sqrt)
EACH(floor_of, __builtin_floor)
EACH(round_of, __builtin_rint)
static inline void add(vector &sum, vector &lost, vector x) { sum += x; }
static inline void add_all(vector &sum, vector &lost, vector x) {  // W. Kahan's sum: what was rounded off is added next
    vector y = x - lost, next = sum + y;
    lost = (next - sum) - y;
    sum = next;
}
static inline vector abs_of(vector x) { return (vector)((truth)x & 0x7fffffffffffffffLL); }
static inline vector maximum_of(vector x, vector y) { return (x > y) | (x != x) ? x : y; }
static inline vector minimum_of(vector x, vector y) { return (x < y) | (x != x) ? x : y; }
"""

_OF_ONE: Final = """
static vector (*sleef_{0})(vector);
static vector {0}_lanes(vector x) {{ for (int i = 0; i < WIDTH; i++) x[i] = {0}(x[i]); return x; }}
static inline vector {0}_of(vector x) {{ return sleef_{0}(x); }}
"""
_OF_TWO: Final = """
static vector (*sleef_{0})(vector, vector);
static vector {0}_lanes(vector x, vector y) {{ for (int i = 0; i < WIDTH; i++) x[i] = {0}(x[i], y[i]); return x; }}
static inline vector {0}_of(vector x, vector y) {{ return sleef_{0}(x, y); }}
"""

_QUANTILE: Final = """
static double ratio(double r, const double *c) {
    double p = c[0], q = c[8];
    for (int i = 1; i < 8; i++) { p = p * r + c[i]; q = q * r + c[8 + i]; }
    return p / q;
}
static double quantile(double p) {
    static const double near[] = {
        2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
        13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080,
        5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
        5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1.0};
    static const double middle[] = {
        7.74545014278341407640e-4, .0227238449892691845833, .241780725177450611770, 1.27045825245236838258,
        3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734,
        1.05075007164441684324e-9, 5.47593808495344946e-4, .0151986665636164571966, .148103976427480074590,
        .689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1.0};
    static const double far[] = {
        2.01033439929228813265e-7, 2.71155556874348757815e-5, .00124266094738807843860, .0265321895265761230930,
        .296560571828504891230, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720,
        2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
        .0148753612908506148525, .136929880922735805310, .599832206555887937690, 1.0};
    double q = p - 0.5;
    if (fabs(q) <= 0.425) return q * ratio(0.180625 - q * q, near);
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double x = r <= 5 ? ratio(r - 1.6, middle) : ratio(r - 5, far);
    return q < 0 ? -x : x;
}
EACH(ndtri_of, quantile)
"""


def head() -> str:
    """Everything before the functions of a formula."""
    kinds = {1: _OF_ONE, 2: _OF_TWO}
    return _HEAD + "".join(kinds[n].format(name) for name, n in FUNCTIONS.items()) + _QUANTILE


def main(name: str, count: int) -> str:
    """What is called.

    That is `load`, once, with addresses of functions; `run64` and `run32` of `count` arrays; and `share64` and
    `share32`, the same by some threads, each of which takes whole vectors.
    """
    given = "\n".join(
        f"sleef_{f} = table[{k}] ? (decltype(sleef_{f}))table[{k}] : {f}_lanes;" for k, f in enumerate(FUNCTIONS)
    )
    args = ", ".join(f"given[{k}]" for k in range(count))
    return f"""
extern "C" void load(void **table) {{ {given} }}
template <typename T> static void run(int64_t n, T **xs, T *out) {{
    typedef T narrow __attribute__((vector_size(sizeof(T) * WIDTH)));
    vector given[{count}];
    narrow part;
    int64_t i = 0;
    for (; i + WIDTH <= n; i += WIDTH) {{
        for (int k = 0; k < {count}; k++) {{
            memcpy(&part, xs[k] + i, sizeof part);
            given[k] = __builtin_convertvector(part, vector);
        }}
        part = __builtin_convertvector({name}({args}), narrow);
        memcpy(out + i, &part, sizeof part);
    }}
    if (i == n) return;
    for (int k = 0; k < {count}; k++) {{
        given[k] = all(1.0);
        for (int j = 0; j < n - i; j++) given[k][j] = xs[k][i + j];
    }}
    vector rest = {name}({args});
    for (int j = 0; j < n - i; j++) out[i + j] = rest[j];
}}
template <typename T> struct part {{ int64_t n; T *xs[{count}], *out; pthread_t thread; bool is_apart; }};
template <typename T> static void *run_part(void *given) {{
    part<T> *p = (part<T> *)given;
    run(p->n, p->xs, p->out);
    return nullptr;
}}
template <typename T> static void share(int64_t n, T **xs, T *out, int threads) {{
    part<T> parts[MOST_THREADS];
    if (threads > MOST_THREADS) threads = MOST_THREADS;
    int64_t each = (n / threads + WIDTH) / WIDTH * WIDTH;
    for (int t = threads - 1; t >= 0; t--) {{
        part<T> *p = parts + t;
        int64_t first = t * each < n ? t * each : n;
        p->n = n - first < each ? n - first : each;
        p->out = out + first;
        for (int k = 0; k < {count}; k++) p->xs[k] = xs[k] + first;
        p->is_apart = t && p->n && !pthread_create(&p->thread, nullptr, run_part<T>, p);
        if (!p->is_apart) run_part<T>(p);
    }}
    for (int t = 1; t < threads; t++)
        if (parts[t].is_apart) pthread_join(parts[t].thread, nullptr);
}}
extern "C" void run64(int64_t n, double **xs, double *out) {{ run(n, xs, out); }}
extern "C" void run32(int64_t n, float **xs, float *out) {{ run(n, xs, out); }}
extern "C" void share64(int64_t n, double **xs, double *out, int threads) {{ share(n, xs, out, threads); }}
extern "C" void share32(int64_t n, float **xs, float *out, int threads) {{ share(n, xs, out, threads); }}
"""
