"""Bài tập của bài 4."""

from lessons.answers.exercises import Exercise

EXERCISES: dict[str, Exercise] = {}
