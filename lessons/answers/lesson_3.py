"""Bài tập của bài 3."""

from lessons.answers.exercises import Exercise

EXERCISES: dict[str, Exercise] = {}
