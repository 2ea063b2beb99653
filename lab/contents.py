"""What JupyterLab may do to the files: the course's own lessons can be read there, not written.

Otherwise a link in a page to `notebooks/04-ndvi.ipynb`, opened and looked at, would change a file that git tracks:
JupyterLab notes in it which outputs were folded.
"""

from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

from lab.copies import COPIES, ORIGINALS
from lab.messages import say


def is_original(path: str) -> bool:
    return path.strip("/").startswith(f"{ORIGINALS}/")


def _refuse(path: str) -> None:
    if is_original(path):
        raise HTTPError(403, say("original", folder=COPIES))


class CourseContents(AsyncLargeFileManager):
    """JupyterLab shows what is not writable as such, and saves nothing by itself."""

    async def get(self, path: str, *arguments: Any, **options: Any) -> Any:
        model = await super().get(path, *arguments, **options)
        if is_original(path):
            model["writable"] = False
        return model

    async def save(self, model: Any, path: str = "") -> Any:
        _refuse(path)
        return await super().save(model, path)

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Neither out of the course's folder nor into it."""
        _refuse(old_path)
        _refuse(new_path)
        await super().rename_file(old_path, new_path)

    async def delete_file(self, path: str) -> None:
        _refuse(path)
        await super().delete_file(path)
