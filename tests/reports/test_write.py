import os
import stat
import sys

import pytest

from ungil.reports import OutputError, write

unix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")


def test_the_file_holds_the_text_as_utf_8_without_translated_newlines(tmp_path):
    write(tmp_path / "r.json", "é\n")
    assert (tmp_path / "r.json").read_bytes() == b"\xc3\xa9\n"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_what_was_there_is_replaced(tmp_path):
    path = tmp_path / "r.json"
    path.write_text("a much longer old content")
    write(path, "new")
    assert path.read_text() == "new"


@unix
def test_running_out_of_space_leaves_the_old_content_and_nothing_else(tmp_path):
    import resource  # noqa: PLC0415 - not on Windows

    path = tmp_path / "r.json"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"^cannot write .*r\.json: File too large$"):
            write(path, "new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_a_missing_directory_is_named_in_one_line(tmp_path):
    with pytest.raises(OutputError, match=r"^cannot write .*nowhere.*: No such file or directory$"):
        write(tmp_path / "nowhere" / "r.json", "x")


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(OutputError, match=r"^cannot write "):
        write(tmp_path, "x")
    assert list(tmp_path.iterdir()) == []


@unix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_directory_without_permission_is_an_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        write(tmp_path / "r.json", "x")


def test_a_name_that_cannot_be_one_is_an_error():
    with pytest.raises(OutputError, match=r"^cannot write a\\x00b: "):
        write("a\0b", "x")


@unix
def test_the_mode_is_that_of_any_new_file_or_of_the_old_one(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "new", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write(tmp_path / "new", "y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


@unix
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "x"


@unix
def test_a_device_is_written_to_and_stays_one():
    write("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)  # noqa: PTH116
