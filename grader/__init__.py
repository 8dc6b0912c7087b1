"""Instructor tools: build what students get, run the labs, grade a class. Students never need this package."""
