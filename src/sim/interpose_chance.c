/* SPDX-License-Identifier: MIT */
/*
 * Random bytes: in a world they are the world's.
 */
#include "sim/seam.h"

#define MAX_ENTROPY 256

SEAM(ssize_t, getrandom, (void *data, size_t len, unsigned flags))
{
    if (!tidy__sim_world)
        return REAL(getrandom)(data, len, flags);
    tidy__sim_random_bytes(tidy__sim_world, data, len);
    return (ssize_t)len;
}

SEAM(int, getentropy, (void *data, size_t len))
{
    if (!tidy__sim_world)
        return REAL(getentropy)(data, len);
    if (len > MAX_ENTROPY)
        return tidy__seam_int(-EIO);
    tidy__sim_random_bytes(tidy__sim_world, data, len);
    return 0;
}

static uint32_t random_number(void)
{
    uint32_t number;

    tidy__sim_random_bytes(tidy__sim_world, &number, sizeof(number));
    return number;
}

SEAM(uint32_t, arc4random, (void))
{
    return tidy__sim_world ? random_number() : REAL(arc4random)();
}

SEAM(void, arc4random_buf, (void *data, size_t len))
{
    if (!tidy__sim_world)
        REAL(arc4random_buf)(data, len);
    else
        tidy__sim_random_bytes(tidy__sim_world, data, len);
}

/* Numbers below 2^32 mod limit would make the small results likelier. */
SEAM(uint32_t, arc4random_uniform, (uint32_t limit))
{
    uint32_t number, min;

    if (!tidy__sim_world)
        return REAL(arc4random_uniform)(limit);
    if (limit < 2)
        return 0;
    min = -limit % limit;
    do {
        number = random_number();
    } while (number < min);
    return number % limit;
}
