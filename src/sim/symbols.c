/* SPDX-License-Identifier: MIT */
/*
 * Names of functions, read from an ELF file as it lies on the disk.
 *
 * A static function is of a library if the global one before it is: linkers put
 * the object files of an archive one behind the other.
 */
#include "sim/symbols.h"

#include "base/alloc.h"
#include <tidysock/common.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct symbol {
    uint64_t begin, size;
    const char *name; /* in the file */
    bool is_global, is_library;
};

struct sim_symbols {
    const unsigned char *data; /* the file, mapped */
    size_t size;
    struct symbol *items; /* owned; by address */
    size_t n;
};

/* Part of the file, or NULL if it has no such part. */
static const void *
at(const struct sim_symbols *file, uint64_t offset, uint64_t size)
{
    if (offset > file->size || size > file->size - offset)
        return NULL;
    return file->data + offset;
}

/* The same for what is not bytes: a sound file has it where it can be read. */
static const void *
aligned_at(const struct sim_symbols *file, uint64_t offset, uint64_t size)
{
    return offset % 8 == 0 ? at(file, offset, size) : NULL;
}

static const Elf64_Shdr *section(const struct sim_symbols *file, size_t idx)
{
    const Elf64_Ehdr *ehdr = at(file, 0, sizeof(*ehdr));

    if (!ehdr || idx >= ehdr->e_shnum)
        return NULL;
    return aligned_at(
        file, ehdr->e_shoff + idx * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
}

static const Elf64_Shdr *find_section(const struct sim_symbols *file,
                                      uint32_t type)
{
    const Elf64_Shdr *shdr;
    size_t idx;

    for (idx = 0; (shdr = section(file, idx)) != NULL; idx++) {
        if (shdr->sh_type == type)
            return shdr;
    }
    return NULL;
}

/* ---------------------------------------------------------------- the functions */

bool tidy__sim_is_library_name(const char *name)
{
    static const char *const prefixes[] = {
        "tidy_",          "uv_",     "event_",          "evbuffer_",
        "bufferevent_",   "evutil_", "evconnlistener_", "__interceptor",
        "___interceptor", "__asan",  "__ubsan",         "__tsan",
        "_cmocka",        "cmocka_",
    };
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(prefixes); idx++) {
        if (strncmp(name, prefixes[idx], strlen(prefixes[idx])) == 0)
            return true;
    }
    return false;
}

/* A name that ends within its table; else NULL. */
static const char *name_of(const struct sim_symbols *file,
                           const Elf64_Shdr *strings,
                           uint32_t offset)
{
    const char *names = at(file, strings->sh_offset, strings->sh_size);

    if (!names || offset >= strings->sh_size ||
        !memchr(names + offset, '\0', strings->sh_size - offset))
        return NULL;
    return names + offset;
}

static void
add(struct sim_symbols *file, const Elf64_Sym *sym, const Elf64_Shdr *strings)
{
    const char *name = name_of(file, strings, sym->st_name);

    if (ELF64_ST_TYPE(sym->st_info) != STT_FUNC || sym->st_size == 0 || !name ||
        sym->st_shndx == SHN_UNDEF)
        return;
    file->items[file->n++] = (struct symbol){
        .begin = sym->st_value,
        .size = sym->st_size,
        .name = name,
        .is_global = ELF64_ST_BIND(sym->st_info) != STB_LOCAL,
    };
}

/* By address; a global name first, for it is the known one. */
static int compare(const void *a, const void *b)
{
    const struct symbol *one = a, *other = b;

    if (one->begin != other->begin)
        return one->begin < other->begin ? -1 : 1;
    if (one->is_global != other->is_global)
        return one->is_global ? -1 : 1;
    return strcmp(one->name, other->name);
}

static void tell_libraries(struct sim_symbols *file)
{
    bool is_library = false;
    size_t idx;

    for (idx = 0; idx < file->n; idx++) {
        if (file->items[idx].is_global)
            is_library = tidy__sim_is_library_name(file->items[idx].name);
        file->items[idx].is_library =
            is_library || tidy__sim_is_library_name(file->items[idx].name);
    }
}

static int collect(struct sim_symbols *file)
{
    const Elf64_Shdr *table = find_section(file, SHT_SYMTAB), *strings;
    const Elf64_Sym *syms;
    size_t n, idx;

    if (!table)
        table = find_section(file, SHT_DYNSYM);
    strings = table ? section(file, table->sh_link) : NULL;
    syms = strings ? aligned_at(file, table->sh_offset, table->sh_size) : NULL;
    if (!syms)
        return -ENOEXEC;
    n = table->sh_size / sizeof(*syms);
    file->items = tidy__alloc(n * sizeof(*file->items));
    if (!file->items)
        return -ENOMEM;
    for (idx = 0; idx < n; idx++)
        add(file, &syms[idx], strings);
    qsort(file->items, file->n, sizeof(*file->items), compare);
    tell_libraries(file);
    return 0;
}

/* -------------------------------------------------------------------- the file */

static bool is_elf(const struct sim_symbols *file)
{
    const Elf64_Ehdr *ehdr = at(file, 0, sizeof(*ehdr));

    return ehdr && memcmp(ehdr->e_ident, ELFMAG, SELFMAG) == 0 &&
           ehdr->e_ident[EI_CLASS] == ELFCLASS64 &&
           ehdr->e_shentsize == sizeof(Elf64_Shdr);
}

static int map(struct sim_symbols *file, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *data = MAP_FAILED;
    struct stat st;

    if (fd < 0)
        return -ENOEXEC;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED)
        return -ENOEXEC;
    file->data = data;
    file->size = (size_t)st.st_size;
    return is_elf(file) ? 0 : -ENOEXEC;
}

int tidy__sim_symbols_new(const char *path, struct sim_symbols **ret_symbols)
{
    struct sim_symbols *symbols = tidy__zalloc(sizeof(*symbols));
    int result = symbols ? map(symbols, path) : -ENOMEM;

    if (result == 0)
        result = collect(symbols);
    if (result == 0)
        *ret_symbols = symbols;
    else
        tidy__sim_symbols_free(symbols);
    return result;
}

struct sim_symbols *tidy__sim_symbols_free(struct sim_symbols *symbols)
{
    if (!symbols)
        return NULL;
    if (symbols->data)
        munmap((void *)(uintptr_t)symbols->data, symbols->size);
    tidy__dealloc(symbols->items);
    return tidy__dealloc(symbols);
}

/* The last that begins at the address or before. */
static size_t find_last(const struct sim_symbols *symbols, uint64_t address)
{
    size_t low = 0, high = symbols->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (symbols->items[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What compilers append to the name of a part or a clone is not told. */
const char *tidy__sim_symbols_find(const struct sim_symbols *symbols,
                                   uint64_t address,
                                   size_t *ret_len,
                                   bool *ret_is_library)
{
    size_t idx = find_last(symbols, address);
    const struct symbol *symbol;

    if (idx == 0)
        return NULL;
    symbol = &symbols->items[idx - 1];
    while (symbol > symbols->items && symbol[-1].begin == symbol->begin)
        symbol--;
    if (address - symbol->begin >= symbol->size)
        return NULL;
    *ret_len = strcspn(symbol->name, ".");
    *ret_is_library = symbol->is_library;
    return symbol->name;
}
