"""The student's side: the same checks before handing in, with words for work in progress."""
