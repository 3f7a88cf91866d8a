"""Random numbers as functions of a key: their definition, and dropout."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.graph.readings.dual import Dual
from chainrule.ops.random import dropout, fold, key, philox, random_mask

WORD = 2**64 - 1


def philox_block(words, counter):
    """Philox 4x64-10 by its paper: four words of one counter."""
    (k0, k1), block = words, [counter, 0, 0, 0]
    for _ in range(10):
        low = 0xD2E7470EE14C6C93 * block[0]
        high = 0xCA5A826395121157 * block[2]
        block = [
            (high >> 64) ^ block[1] ^ k0,
            high & WORD,
            (low >> 64) ^ block[3] ^ k1,
            low & WORD,
        ]
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & WORD, (k1 + 0xBB67AE8584CAA73B) & WORD
    return block


def test_the_words_are_philox_of_the_key_and_the_counter():
    words = key(7)
    expected = [w for counter in (1, 2, 3) for w in philox_block(words.tolist(), counter)]
    assert philox(words).random_raw(12).tolist() == expected
    assert np.random.Philox(key=words).random_raw(12).tolist() == expected


def test_a_mask_compares_halves_of_the_words_with_the_rate():
    words = key(3)
    halves = philox(words).random_raw(8).astype("<u8").view("<u4")
    for rate in (0.0, 0.1, 0.5, 0.9):
        kept = random_mask(words, (3, 5), rate)
        assert kept.tolist() == (halves[:15] / 2**32 >= rate).reshape(3, 5).tolist()


def test_a_mask_of_a_larger_tensor_begins_like_that_of_a_smaller_one():
    assert random_mask(key(1), (64,), 0.3)[:9].tolist() == random_mask(key(1), (9,), 0.3).tolist()


def test_the_first_key_is_splitmix64():
    # Steele, Lea and Flood's generator, seeded with 1234567: its published first outputs.
    assert key(1234567).tolist() == [6457827717110365317, 3203168211198807973]


def test_folded_keys_are_all_different():
    start = key(0)
    found = {tuple(fold(start, i).tolist()) for i in range(1000)}
    found |= {tuple(fold(fold(start, i), j).tolist()) for i in range(20) for j in range(20)}
    assert len(found) == 1400
    assert fold(fold(start, 1), 2).tolist() != fold(fold(start, 2), 1).tolist()
    assert fold(start, 5).dtype == np.uint64
    assert fold(start, 5).shape == (2,)


def test_folding_flips_half_of_the_bits():
    before, after = key(0), fold(key(0), 0)
    flips = [
        (a ^ b).bit_count()
        for number in range(200)
        for a, b in zip(fold(before, number).tolist(), fold(after, number).tolist(), strict=True)
    ]
    assert 30 < np.mean(flips) < 34


def test_dropout_keeps_the_expectation(rng):
    x = rng.normal(size=400) + 3
    total = sum(dropout(x, key(seed), 0.3) for seed in range(2000)) / 2000
    np.testing.assert_allclose(total, x, rtol=0.1)
    kept = np.mean([random_mask(key(seed), (100,), 0.3).mean() for seed in range(500)])
    assert abs(kept - 0.7) < 0.01


def test_kept_elements_are_divided_and_the_others_are_zero(rng):
    x = rng.normal(size=(20, 30))
    kept = random_mask(key(4), (20, 30), 0.25)
    np.testing.assert_array_equal(dropout(x, key(4), 0.25), np.where(kept, x / 0.75, 0.0))
    assert dropout(x.astype(np.float32), key(4)).dtype == np.float32
    np.testing.assert_array_equal(dropout(x, key(4), 0.0), x)


def test_forward_backward_forward_mode_and_second_order_share_the_mask(rng):
    x, words = cr.tensor(rng.normal(size=(8, 9))), key(5)
    mask = random_mask(words, (8, 9), 0.5)
    out = dropout(x, words, 0.5)
    (out * out).sum().backward()
    np.testing.assert_allclose(x.grad, np.where(mask, 8 * x.data, 0))
    tangent = dropout(Dual(x.data, (np.ones((8, 9)),)), words, 0.5).partials[0]
    np.testing.assert_array_equal(tangent, np.where(mask, 2.0, 0.0))
    second = cr.grad(lambda x: cr.sum(cr.grad(lambda x: cr.sum(dropout(x, words, 0.5) ** 3))(x)))
    np.testing.assert_allclose(second(np.asarray(x.data)), np.where(mask, 48 * x.data, 0))


def test_a_dropped_element_is_dead_whatever_stands_before_it():
    x = cr.tensor(np.zeros(64))
    out = dropout(cr.sqrt(x), key(0), 0.5)  # the slope of sqrt at 0 is infinite
    out.backward(np.ones(64))
    kept = random_mask(key(0), (64,), 0.5)
    assert (x.grad[~kept] == 0).all()
    assert np.isinf(x.grad[kept]).all()
    assert dropout(np.full(64, np.inf), key(0), 0.5)[~kept].tolist() == [0.0] * (~kept).sum()


@pytest.mark.parametrize("rate", [1.0, -0.1, 2, float("nan")])
def test_a_rate_outside_its_range_is_an_error(rate):
    with pytest.raises(ArgumentError) as error:
        dropout(np.ones(3), key(0), rate)
    assert error.value.what == f"dropout takes a rate of at least 0 and below 1, not {rate}."
    assert error.value.do == "The rate is the share of elements to drop: 0.1 to 0.5 are usual."


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, "a"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ArgumentError) as error:
        key(seed)
    assert error.value.what == f"a seed is a whole number from 0 to 2**64 - 1, not {seed!r}."
