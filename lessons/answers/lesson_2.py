"""Bài tập của bài 2."""

from lessons.answers.exercises import Exercise

EXERCISES: dict[str, Exercise] = {}
