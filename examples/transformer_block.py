"""A transformer block that learns to continue a sequence.

Each half adds to the stream what it makes of its norm: x + attention(norm(x)), then x + mlp(norm(x)) (Vaswani et al.
2017, with the root mean square norm of Zhang and Sennrich 2019). Two query heads share each key head. A position sees
no later one, so the outputs are predictions of the next token.
"""

import dualgrad as dg

TOKENS, WIDTH, HEADS, KEY_HEADS, SIZE = 5, 16, 4, 2, 4


def parameters(key):
    shapes = {
        "table": (TOKENS, WIDTH),
        "query": (WIDTH, HEADS * SIZE),
        "key": (WIDTH, KEY_HEADS * SIZE),
        "value": (WIDTH, KEY_HEADS * SIZE),
        "out": (HEADS * SIZE, WIDTH),
        "gate": (WIDTH, 4 * WIDTH),
        "down": (2 * WIDTH, WIDTH),
    }
    keys = dg.random.split(key, len(shapes))
    init = dg.nn.initializers.glorot_normal()
    return {name: init(keys[i], shape) for i, (name, shape) in enumerate(shapes.items())}


def block(p, x, key):
    def heads(name, n):
        return dg.reshape(dg.nn.rms_norm(x) @ p[name], (*x.shape[:-1], n, SIZE))

    first, second = dg.random.split(key)
    seen = dg.nn.dot_product_attention(
        heads("query", HEADS), heads("key", KEY_HEADS), heads("value", KEY_HEADS), is_causal=True
    )
    x = x + dg.nn.dropout(first, 0.1, dg.reshape(seen, (*x.shape[:-1], -1)) @ p["out"])
    return x + dg.nn.dropout(second, 0.1, dg.nn.glu(dg.nn.rms_norm(x) @ p["gate"]) @ p["down"])


def loss(p, tokens, key):
    x = block(p, dg.nn.embedding(tokens[..., :-1], p["table"]), key)
    logits = dg.nn.rms_norm(x) @ dg.matrix_transpose(p["table"])
    return dg.mean(dg.nn.softmax_cross_entropy_with_integer_labels(logits, tokens[..., 1:]))


key = dg.random.key(0)
p = parameters(key)
tokens = (dg.arange(10)[None, :] * dg.asarray([[1], [2], [3]])) % TOKENS  # three ways to count
first, gradient = dg.value_and_grad(loss)(p, tokens, key)
print(f"backend: {dg.get_backend().name}")
print(f"loss before: {float(first):.4f}, gradient of the table: {tuple(gradient['table'].shape)}")
for step in range(15):
    gradient = dg.grad(loss)(p, tokens, dg.random.fold_in(key, step))
    p = dg.tree.map(lambda w, g: w - 0.3 * g, p, gradient)
last = loss(p, tokens, key)
print(f"loss after 15 steps: {float(last):.4f}")
print(f"learned: {bool(last < 0.7 * first)}")
