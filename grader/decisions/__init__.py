"""What people decide about results: points, comments, deadlines, appeals."""
