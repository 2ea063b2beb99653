"""JupyterLab may read the course's own lessons, and write only the learner's."""

import asyncio

import pytest
from nbformat.v4 import new_notebook
from tornado.web import HTTPError

from lab.contents import CourseContents, is_original


@pytest.mark.parametrize(
    ("path", "original"),
    [
        ("notebooks/04-ndvi.ipynb", True),
        ("/notebooks/md/04-ndvi.md", True),
        ("bai-cua-toi/04-ndvi.ipynb", False),
        ("notebooks-cua-toi/04-ndvi.ipynb", False),
    ],
)
def test_which_are_the_courses_own(path, original):
    assert is_original(path) is original


def test_an_original_is_read_and_not_written(tmp_path):
    contents = CourseContents(root_dir=str(tmp_path))
    model = {"type": "notebook", "content": new_notebook()}
    for folder in ("notebooks", "bai-cua-toi"):
        (tmp_path / folder).mkdir()
    asyncio.run(contents.save(dict(model), "bai-cua-toi/a.ipynb"))
    with pytest.raises(HTTPError, match="bai-cua-toi"):
        asyncio.run(contents.save(dict(model), "notebooks/a.ipynb"))
    assert not (tmp_path / "notebooks/a.ipynb").exists()
    (tmp_path / "notebooks/a.ipynb").write_bytes((tmp_path / "bai-cua-toi/a.ipynb").read_bytes())
    writable = {f: asyncio.run(contents.get(f"{f}/a.ipynb"))["writable"] for f in ("notebooks", "bai-cua-toi")}
    assert writable == {"notebooks": False, "bai-cua-toi": True}


def test_an_original_is_neither_renamed_nor_deleted(tmp_path):
    contents = CourseContents(root_dir=str(tmp_path), delete_to_trash=False)
    paths = {folder: tmp_path / folder / "a.ipynb" for folder in ("notebooks", "bai-cua-toi")}
    for path in paths.values():
        path.parent.mkdir()
        path.write_text("{}")
    for change in (
        contents.rename("notebooks/a.ipynb", "bai-cua-toi/b.ipynb"),
        contents.rename("bai-cua-toi/a.ipynb", "notebooks/b.ipynb"),
        contents.delete("notebooks/a.ipynb"),
    ):
        with pytest.raises(HTTPError, match="bai-cua-toi"):
            asyncio.run(change)
    assert all(path.exists() for path in paths.values())
    asyncio.run(contents.rename("bai-cua-toi/a.ipynb", "bai-cua-toi/b.ipynb"))
    asyncio.run(contents.delete("bai-cua-toi/b.ipynb"))
    assert not any((tmp_path / "bai-cua-toi").glob("*.ipynb"))
