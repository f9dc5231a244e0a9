"""Compares a bulletin's CSV with its spreadsheet, cell by cell, as openpyxl reads that."""

import csv
import json
import sys

import openpyxl


def shown(cell):
    """A cell as the CSV has it: numbers with as many places as their format shows."""
    if cell.value is None:
        return ""
    if isinstance(cell.value, str):
        return cell.value
    places = cell.number_format.partition(".")[2].count("0")
    return f"{cell.value:.{places}f}"


def tamed(text):
    """The CSV puts an apostrophe before what a spreadsheet would take for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text


def filled(row):
    while row and row[-1] == "":
        row.pop()
    return row


with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
    lines = [filled([tamed(text) for text in line]) for line in csv.reader(file)]
lines = [line for line in lines if line]

book = openpyxl.load_workbook(sys.argv[2])
rows, numbers = [], 0
for n, sheet in enumerate(book.worksheets):
    body = [list(cells) for cells in sheet.iter_rows()]
    numbers += sum(isinstance(cell.value, (int, float)) for cells in body for cell in cells)
    body = [row for row in (filled([shown(cell) for cell in cells]) for cells in body) if row]
    # In the CSV each table has its title above; a worksheet bears it as its name. The first
    # worksheet begins with the head of the whole bulletin, in one column.
    head = next(i for i, row in enumerate(body) if len(row) > 1) if n == 0 else 0
    rows += body[:head] + [[sheet.title]] + body[head:]

different = [[one, other] for one, other in zip(lines, rows) if one != other]
if len(lines) != len(rows):
    different.append([len(lines), len(rows)])
cells = sum(len(row) for row in rows)
print(json.dumps({"different": different, "cells": cells, "numbers": numbers}))
