"""What is made of LLVM's features and the system's folder of caches."""

import pytest

from chainrule.native.host import detect
from chainrule.native.target import Target

X86 = {"sse2", "sse4.2"}
AVX2 = X86 | {"avx", "avx2", "fma"}
AVX512 = AVX2 | {"avx512f", "avx512vl", "avx512bw", "avx512dq"}


@pytest.mark.parametrize(
    ("architecture", "features", "expected"),
    [
        ("x86_64", X86, (128, 16, False)),
        ("x86_64", X86 | {"avx"}, (128, 16, False)),
        ("x86_64", AVX2, (256, 16, False)),
        ("x86_64", AVX512, (512, 32, True)),
        ("x86_64", AVX512 - {"avx512vl"}, (256, 16, False)),
        ("aarch64", {"neon"}, (128, 32, False)),
        ("riscv64", set(), (128, 16, False)),
    ],
)
def test_vectors_are_as_wide_as_the_instruction_sets_allow(
    tmp_path, architecture, features, expected
):
    assert detect(architecture, features, tmp_path) == Target(*expected)


def test_sizes_of_caches_are_read_where_the_system_tells(tmp_path):
    caches = [("1", "Data", "48K"), ("1", "Instruction", "64K"), ("2", "Unified", "2M"),
              ("3", "Unified", "32M")]  # fmt: skip
    for i, words in enumerate(caches):
        folder = tmp_path / f"index{i}"
        folder.mkdir()
        for name, word in zip(("level", "type", "size"), words, strict=True):
            (folder / name).write_text(word + "\n")
    found = detect("x86_64", X86, tmp_path)
    assert (found.l1, found.l2) == (48 * 1024, 2 * 1024**2)


@pytest.mark.parametrize("size", ["", "K", "large", "32"])
def test_a_folder_that_makes_no_sense_is_passed_over(tmp_path, size):
    folder = tmp_path / "index0"
    folder.mkdir()
    (folder / "type").write_text("Data")
    (folder / "level").write_text("1")
    (folder / "size").write_text(size)
    assert detect("x86_64", X86, tmp_path).l1 == Target(128, 16, False).l1
