#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_html.py FOLDER [BROWSER]: are the pages in it sound?

Without a browser: every tag is closed in its order, the charts are XML, nothing
is fetched from elsewhere, no script is there. With one: it opens each page, in
light and dark, and builds the same from it.
"""

import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

VOID = {"meta", "link", "br", "hr", "img", "input"}
SVG = "{http://www.w3.org/2000/svg}"


class Checker(html.parser.HTMLParser):
    """Follows the tags; what is wrong raises."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.seen = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), f"{tag} has {name}"
            assert name not in ("src", "href"), f"{tag} fetches {value}"
            if name == "id":
                assert value not in self.ids, f"id {value} comes twice"
                self.ids.add(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> in {self.open}"
        self.open.pop()


def check_chart(text):
    chart = re.search(r"<svg.*?</svg>", text, re.S)
    assert chart, "no chart"
    root = xml.etree.ElementTree.fromstring(chart.group())
    assert root.tag == SVG + "svg"
    width, height = (int(root.get(name)) for name in ("width", "height"))
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx"):
            assert 0 <= int(element.get(name, 0)) <= width, "too far right"
        for name in ("y", "y1", "y2", "cy"):
            if "marker" not in element.tag:
                assert 0 <= int(element.get(name, 0)) <= height, "too low"
    return root


def check_page(path):
    text = path.read_text(encoding="utf-8")
    checker = Checker()
    assert text.startswith("<!DOCTYPE html>\n"), "no document type"
    checker.feed(text)
    checker.close()
    assert not checker.open, f"never closed: {checker.open}"
    assert "script" not in checker.seen, "it has a script"
    assert "url(http" not in text and "@import" not in text
    assert "prefers-color-scheme: dark" in text
    return check_chart(text) if path.stem != "not_run" else None


def open_page(browser, path, folder, scheme):
    result = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", f"--user-data-dir={folder}",
         f"--blink-settings=preferredColorScheme={scheme}",
         "--virtual-time-budget=1000", "--dump-dom", path.as_uri()],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120,
        check=True)
    return result.stdout.decode()


def check_browser(browser, paths):
    for path in paths:
        elements = len(list(check_page(path).iter()))
        for scheme in ("0", "1"):
            with tempfile.TemporaryDirectory() as folder:
                dom = open_page(browser, path, folder, scheme)
            root = check_chart(dom)
            assert len(list(root.iter())) == elements, "the chart is another"
            assert "<script" not in dom
            assert "</html>" in dom


def main():
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.html"))
    assert paths, "no pages"
    if len(sys.argv) > 2:
        check_browser(sys.argv[2], paths[:3])
        return
    for path in paths:
        try:
            check_page(path)
        except AssertionError as error:
            sys.exit(f"{path.name}: {error}")


main()
