"""What is known of portfolios between decisions: marks, and the problem as they leave it."""

from optimizer.monitor.marks import apply_marks, marks_violations

__all__ = ["apply_marks", "marks_violations"]
