"""Where the kernel runs: over a History bucket by bucket, or over one person."""
