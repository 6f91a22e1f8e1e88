"""Grade a course: find submissions, grade them side by side, keep every result."""
