"""Runs the questions of docs/sql.md on stores of the sample incident and of half an hour of load, and compares the answers written there.

    check.py TIMELINE [--update]

TIMELINE is the program. Needs the packages duckdb and polars. With --update the answers are rewritten: read every
change before you keep it. Nothing here knows the questions: the page is the test.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import duckdb
import polars

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "sql.md"
BLOCK = re.compile(r"```(sql|python)\n(.*?)```\n\n```text\n(.*?)```\n", re.S)


def table(names, rows):
    """Rows as aligned text: the same for both engines."""
    cells = [[str(name) for name in names]] + [[cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "".join("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() + "\n" for row in cells)


def cell(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value)


def answer(kind, question, frame):
    if kind == "sql":
        connection = duckdb.connect()
        connection.execute("set timezone = 'UTC'")
        asked = connection.execute(question)
        return table([column[0] for column in asked.description], asked.fetchall())
    names = {"pl": polars, "events": frame}
    exec(question, names)
    result = names["answer"]
    return table(result.columns, result.rows())


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    page = PAGE.read_text()
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        sample = ROOT / "samples" / "php-fpm-oom"
        built = [program, "build", str(sample), "--tz", "Asia/Seoul", "-q"]
        subprocess.run(built, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        load = [program, "build", str(ROOT / "samples" / "load"), "--tz", "UTC", "-q"]
        subprocess.run(load, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        os.chdir(folder)
        frame = polars.read_parquet("php-fpm-oom.timeline/events/*/*.parquet")

        def check(found):
            kind, question, expected = found.groups()
            got = answer(kind, question, frame)
            if got != expected:
                wrong.append(f"{question}\nwritten:\n{expected}\ngot:\n{got}")
            return f"```{kind}\n{question}```\n\n```text\n{got}```\n"

        updated, count = BLOCK.subn(check, page)
    if "--update" in sys.argv:
        PAGE.write_text(updated)
    elif wrong:
        sys.exit("docs/sql.md is not true:\n\n" + "\n".join(wrong))
    if count < 10:
        sys.exit(f"docs/sql.md has {count} questions: the pattern that finds them is wrong")
    print(f"{count} questions answered as docs/sql.md says")


main()
