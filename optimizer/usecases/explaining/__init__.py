"""Why a mandate has no allocation, and the least that would allow one."""
