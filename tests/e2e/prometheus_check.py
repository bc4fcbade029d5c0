#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A strict reader of Prometheus' text format 0.0.4.

usage: prometheus_check.py LABELS < metrics

LABELS has a line "name<TAB>value" for each value that a label may have. Prints the families, one a line. Status 1 with
one line on stderr for the first thing that is wrong.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)')
VALUE = re.compile(r"[0-9]+(\.[0-9]+)?")


def wrong(line, why):
    sys.exit(f"metrics: {why}: {line!r}")


def labels_of(line, text):
    out, at = {}, 0
    while at < len(text):
        m = LABEL.match(text, at)
        if not m or m[1] in out:
            wrong(line, "labels")
        out[m[1]] = m[2]
        at = m.end()
    if text.endswith(","):
        wrong(line, "labels")
    return out


def check_histogram(family, samples):
    buckets = [(labels["le"], value) for name, labels, value in samples if name == family + "_bucket"]
    others = {name: value for name, _, value in samples if name != family + "_bucket"}
    bounds = [float(le) for le, _ in buckets]
    counts = [value for _, value in buckets]
    if bounds != sorted(set(bounds)) or bounds[-1] != float("inf"):
        wrong(family, "bounds of buckets")
    if counts != sorted(counts) or set(others) != {family + "_sum", family + "_count"}:
        wrong(family, "a histogram that is none")
    if counts[-1] != others[family + "_count"]:
        wrong(family, "buckets and count differ")


def main():
    allowed = {}
    for line in open(sys.argv[1], encoding="ascii"):
        name, value = line.rstrip("\n").split("\t")
        allowed.setdefault(name, set()).add(value)
    text = sys.stdin.buffer.read().decode("ascii")
    if not text.endswith("\n"):
        wrong(text[-40:], "no newline at the end")
    kinds, helped, samples, seen = {}, None, {}, set()
    current = None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            m = re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line)
            if not m or m[1] in kinds:
                wrong(line, "HELP")
            helped = m[1]
            continue
        if line.startswith("# TYPE "):
            m = re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line)
            if not m or m[1] != helped or m[1] in kinds:
                wrong(line, "TYPE without its HELP before it, or twice")
            current, kinds[m[1]], samples[m[1]] = m[1], m[2], []
            if (m[2] == "counter") != m[1].endswith("_total"):
                wrong(line, "a counter's name ends in _total, no other's does")
            continue
        m = SAMPLE.fullmatch(line)
        if not m or current is None:
            wrong(line, "no sample")
        name, labels = m[1], labels_of(line, m[2] or "")
        family = name
        if kinds[current] == "histogram":
            family = re.sub(r"_(bucket|sum|count)$", "", name)
        if family != current or (name == family and kinds[family] == "histogram"):
            wrong(line, "a sample outside of its family")
        if not VALUE.fullmatch(m[3]):
            wrong(line, "a value that is no number")
        series = (name, tuple(sorted(labels.items())))
        if series in seen:
            wrong(line, "one series twice")
        seen.add(series)
        for label, value in labels.items():
            if value not in allowed.get(label, ()):
                wrong(line, f"a value of label {label} that is not of its set")
        samples[family].append((name, labels, float(m[3])))
    for family, kind in kinds.items():
        if kind == "histogram":
            check_histogram(family, samples[family])
        print(family)


main()
