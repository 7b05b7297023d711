"""Projects that apply for GPU-time: tiers, who decides, and what may be granted."""
