"""IDX files: read exactly, and refused before anything is allocated."""

import gzip
import os
import struct

import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.train.data.idx import PIECE, read_idx, read_idx_files

PICTURES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def idx(array, code=0x08, magic=b"\0\0"):
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return magic + bytes([code, array.ndim]) + shape + array.tobytes()


WHOLE = idx(PICTURES)
HUGE = b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 3, 4)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_whole_file_is_read_packed_or_not(write, pack):
    read = read_idx(write(pack(WHOLE), "a.gz"), (3, 4))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, PICTURES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_longer_than_a_piece_is_read_whole(write, pack):
    long = np.frombuffer(os.urandom(2 * PIECE + 24), np.uint8).reshape(-1, 2, 4)
    assert read_idx(write(pack(idx(long)), "a.gz"), (2, 4)).tobytes() == long.tobytes()


def test_several_files_become_one_array(write):
    paths = [
        write(WHOLE, "one"),
        write(gzip.compress(idx(PICTURES[:0])), "none"),
        write(gzip.compress(idx(PICTURES[1:])), "two"),
    ]
    items, counts = read_idx_files(paths, (3, 4))
    assert counts == [2, 0, 1]
    np.testing.assert_array_equal(items, PICTURES[[0, 1, 1]])


def test_labels_have_no_item_shape(write):
    assert read_idx(write(idx(np.array([3, 1], np.uint8)), "labels"), ()).tolist() == [3, 1]


MALFORMED = {
    "empty": (b"", "it starts with nothing, not with 00 00"),
    "something else": (b"PK\3\4 and more", "it starts with 50 4b 03 04, not with 00 00"),
    "floats": (
        idx(PICTURES, code=0x0D),
        "its element type is 0x0d; pictures and labels are bytes, 0x08",
    ),
    "labels for pictures": (idx(PICTURES[:, 0, 0].copy()), "it has 1 axes where 3 belong"),
    "half a header": (WHOLE[:10], "it ends inside its header"),
    "other pictures": (idx(PICTURES.reshape(2, 4, 3)), "its items have shape (4, 3), not (3, 4)"),
    "a byte short": (WHOLE[:-1], "its header promises 24 elements; it holds 23"),
    "a byte long": (WHOLE + b"\0", "its header promises 24 elements; it holds more"),
    "a promise of 48 GiB": (
        HUGE,
        "its header promises 51539607540 elements, more than the file can hold",
    ),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(("content", "reason"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_file_is_refused(write, pack, content, reason):
    with pytest.raises(DataError) as caught:
        read_idx(write(pack(content), "images.gz"), (3, 4))
    assert caught.value.short() == (
        f"images.gz is not a whole IDX file: {reason}.\nCopy or install the file again."
    )


def test_a_promise_that_a_small_packed_file_cannot_keep_is_refused_before_reading(write):
    bomb = gzip.compress(HUGE + bytes(10**6))
    with pytest.raises(DataError, match="promises 51539607540 elements, more than the file can"):
        read_idx(write(bomb, "images.gz"), (3, 4))


NOISE = idx(np.frombuffer(os.urandom(2400), np.uint8).reshape(-1, 3, 4))


@pytest.mark.parametrize("cut", [3, 12, 100, 1000, -1])
def test_a_packed_file_that_was_cut_off_is_refused(write, cut):
    with pytest.raises(DataError, match="is not a whole IDX file: it does not unpack"):
        read_idx(write(gzip.compress(NOISE)[:cut], "images.gz"), (3, 4))


def test_a_flipped_bit_in_a_packed_file_is_found(write):
    packed = bytearray(gzip.compress(NOISE))
    packed[-6] ^= 1  # in the checksum
    with pytest.raises(DataError, match="it does not unpack: CRC check failed"):
        read_idx(write(bytes(packed), "images.gz"), (3, 4))


def test_a_file_that_cannot_be_opened_says_why(tmp_path):
    with pytest.raises(DataError, match="it cannot be read: Is a directory"):
        read_idx(tmp_path, ())
