"""Bài tập của bài 5."""

from lessons.answers.exercises import Exercise

EXERCISES: dict[str, Exercise] = {}
