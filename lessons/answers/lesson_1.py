"""Bài tập của bài 1."""

from lessons.answers.exercises import Exercise

EXERCISES: dict[str, Exercise] = {}
