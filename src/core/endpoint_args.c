/* SPDX-License-Identifier: MIT */
/*
 * The lexical side of endpoint descriptions: arguments, escapes, numbers.
 *
 * What is taken from Twisted to the letter: an `=` separates name and value
 * only once in an argument, after that it is an ordinary character; arguments
 * with and without a name mix freely; a name that is given twice counts the
 * last time. Unescaping never makes a text longer, and each `:` becomes the end
 * of a string: so one block as long as the description holds all strings.
 */
#include "core/endpoint_args.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static size_t count_args(const char *text)
{
    size_t n_args = 1;

    for (; *text; text++)
        n_args += *text == ':';
    return n_args;
}

/* 0 or -EINVAL. */
static int split(struct tidy__endpoint_args *args, const char *text)
{
    struct tidy__endpoint_arg *arg = args->all;
    char *out = args->storage;

    *arg = (struct tidy__endpoint_arg){ .value = out };
    for (; *text; text++) {
        if (*text == ':') {
            *out++ = '\0';
            *++arg = (struct tidy__endpoint_arg){ .value = out };
        } else if (*text == '=' && !arg->name) {
            *out++ = '\0';
            *arg = (struct tidy__endpoint_arg){ arg->value, out };
        } else {
            if (*text == '\\' && !*++text)
                return -EINVAL;
            *out++ = *text;
        }
    }
    *out = '\0';
    args->n_all = (size_t)(arg - args->all) + 1;
    return 0;
}

int tidy__endpoint_args_init(struct tidy__endpoint_args *args, const char *text)
{
    *args = (struct tidy__endpoint_args){ 0 };
    args->storage = tidy__alloc(strlen(text) + 1);
    args->all = tidy__alloc(count_args(text) * sizeof(*args->all));
    if (!args->storage || !args->all)
        return -ENOMEM;
    return split(args, text);
}

void tidy__endpoint_args_deinit(struct tidy__endpoint_args *args)
{
    tidy__dealloc(args->storage);
    tidy__dealloc(args->all);
    *args = (struct tidy__endpoint_args){ 0 };
}

size_t tidy__endpoint_args_n_positional(const struct tidy__endpoint_args *args)
{
    size_t n_positional = 0;

    for (size_t idx = 0; idx < args->n_all; idx++)
        n_positional += !args->all[idx].name;
    return n_positional;
}

const char *
tidy__endpoint_args_positional(const struct tidy__endpoint_args *args,
                               size_t idx)
{
    for (size_t i = 0; i < args->n_all; i++)
        if (!args->all[i].name && !idx--)
            return args->all[i].value;
    return NULL;
}

const char *tidy__endpoint_args_named(const struct tidy__endpoint_args *args,
                                      const char *name)
{
    for (size_t idx = args->n_all; idx-- > 0;)
        if (args->all[idx].name && !strcmp(args->all[idx].name, name))
            return args->all[idx].value;
    return NULL;
}

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\n\v\f\r");
}

static bool is_digit(char c, int base)
{
    return c >= '0' && c < '0' + base;
}

/* One underscore may stand before a digit, but not at the beginning. */
static const char *skip_underscore(const char *text, int base)
{
    return *text == '_' && is_digit(text[1], base) ? text + 1 : text;
}

/* `0o` or `0O`, if octal digits follow. */
static const char *skip_prefix(const char *text, int base)
{
    const char *digits;

    if (base != 8 || text[0] != '0' || (text[1] != 'o' && text[1] != 'O'))
        return text;
    digits = skip_underscore(text + 2, base);
    return is_digit(*digits, base) ? digits : text;
}

/* number = number * base +- digit, or false if that does not fit. */
static bool push_digit(int64_t *number, int base, int digit)
{
    return !__builtin_mul_overflow(*number, (int64_t)base, number) &&
           !__builtin_add_overflow(*number, (int64_t)digit, number);
}

int tidy__endpoint_int(const char *text, int base, int64_t *ret_number)
{
    bool is_negative, fits = true;
    int64_t number = 0;

    text = skip_space(text);
    is_negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    text = skip_prefix(text, base);
    if (!is_digit(*text, base))
        return -EINVAL;
    for (; is_digit(*text, base); text = skip_underscore(text + 1, base)) {
        int digit = *text - '0';

        fits = fits && push_digit(&number, base, is_negative ? -digit : digit);
    }
    if (*skip_space(text))
        return -EINVAL;
    if (!fits)
        return -ERANGE;
    *ret_number = number;
    return 0;
}
