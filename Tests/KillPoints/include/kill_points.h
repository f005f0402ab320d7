#pragma once
// The calls are those of libc; nothing is declared here. What a test writes into the board stands in kill_points.c.
