"""What the button *Bắt đầu lại bài này* asks the server: which lessons are newer, and to begin one anew."""

import json
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from lab import copies
from lab.messages import say


class Lessons(APIHandler):
    """GET: the lessons, those with a newer version, and the words of the button. POST {"name": …}: begin one anew."""

    @authenticated
    def get(self) -> None:
        self.finish({"names": copies.list_lessons(), "newer": copies.list_newer(), "folder": copies.COPIES})

    @authenticated
    def post(self) -> None:
        name = str((self.get_json_body() or {}).get("name"))
        try:
            aside = copies.restart(name)
        except copies.CourseError as error:
            raise HTTPError(404, str(error)) from error
        told = [say("restarted", name=name)]
        if aside:
            told.append(say("aside", path=aside.relative_to(copies.ROOT).as_posix()))
        self.finish(json.dumps({"message": " ".join(told)}))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "lab.server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    address = url_path_join(server.web_app.settings["base_url"], "khoa-hoc/bai")
    server.web_app.add_handlers(".*$", [(address, Lessons)])
