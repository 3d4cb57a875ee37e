/* SPDX-License-Identifier: MIT */
/*
 * Can the library be preloaded into a program? A look at its ELF file.
 */
#include "sim/program.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const unsigned char *data;
    size_t size;
};

/* Part of the file, or NULL if it has no such part. */
static const void *at(const struct image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset)
        return NULL;
    return image->data + offset;
}

static const Elf64_Phdr *
find_header(const struct image *image, uint32_t type, uint64_t address)
{
    const Elf64_Ehdr *ehdr = at(image, 0, sizeof(*ehdr));
    unsigned idx;

    for (idx = 0; idx < ehdr->e_phnum; idx++) {
        const Elf64_Phdr *phdr =
            at(image, ehdr->e_phoff + idx * sizeof(*phdr), sizeof(*phdr));

        if (phdr && phdr->p_type == type && address >= phdr->p_vaddr &&
            (address == 0 || address < phdr->p_vaddr + phdr->p_filesz))
            return phdr;
        if (phdr && phdr->p_type == type && address == 0)
            return phdr;
    }
    return NULL;
}

static const Elf64_Dyn *
next_entry(const struct image *image, const Elf64_Phdr *dynamic, size_t idx)
{
    const Elf64_Dyn *entry;

    if ((idx + 1) * sizeof(*entry) > dynamic->p_filesz)
        return NULL;
    entry = at(image, dynamic->p_offset + idx * sizeof(*entry), sizeof(*entry));
    return entry && entry->d_tag != DT_NULL ? entry : NULL;
}

/* The names of the libraries that it needs are texts in this table. */
static const char *find_strings(const struct image *image,
                                const Elf64_Phdr *dynamic)
{
    const Elf64_Dyn *entry;
    const Elf64_Phdr *load;
    size_t idx;

    for (idx = 0; (entry = next_entry(image, dynamic, idx)) != NULL; idx++) {
        if (entry->d_tag != DT_STRTAB)
            continue;
        load = find_header(image, PT_LOAD, entry->d_un.d_ptr);
        return load ? at(image,
                         load->p_offset + entry->d_un.d_ptr - load->p_vaddr,
                         1)
                    : NULL;
    }
    return NULL;
}

static bool is_runtime(const char *name, size_t max_len)
{
    return memchr(name, '\0', max_len) &&
           (strncmp(name, "libasan.so", 10) == 0 ||
            strncmp(name, "libtsan.so", 10) == 0) &&
           strlen(name) < 64;
}

static void find_runtime(const struct image *image, char first[64])
{
    const Elf64_Phdr *dynamic = find_header(image, PT_DYNAMIC, 0);
    const char *strings = dynamic ? find_strings(image, dynamic) : NULL;
    const Elf64_Dyn *entry;
    size_t idx, left;

    for (idx = 0; strings && (entry = next_entry(image, dynamic, idx)) != NULL;
         idx++) {
        const char *name = strings + entry->d_un.d_val;

        left = image->size -
               (size_t)((const unsigned char *)strings - image->data);
        if (entry->d_tag == DT_NEEDED && entry->d_un.d_val < left &&
            is_runtime(name, left - entry->d_un.d_val)) {
            strcpy(first, name);
            return;
        }
    }
}

static const char *check_image(const struct image *image, char first[64])
{
    const Elf64_Ehdr *ehdr = at(image, 0, sizeof(*ehdr));

    if (ehdr && memcmp(ehdr->e_ident, "#!", 2) == 0)
        return NULL; /* its interpreter is a program of its own */
    if (!ehdr || memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0 ||
        ehdr->e_ident[EI_CLASS] != ELFCLASS64)
        return "is no 64-bit ELF program";
    if (!find_header(image, PT_INTERP, 0))
        return "is linked statically: nothing can be preloaded into it; link "
               "it dynamically";
    find_runtime(image, first);
    return NULL;
}

const char *tidy__sim_program_check(const char *path, char first[64])
{
    struct image image = { .size = 0 };
    const char *why = "cannot be read";
    void *data = MAP_FAILED;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    first[0] = '\0';
    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data != MAP_FAILED) {
        image.data = data;
        image.size = (size_t)st.st_size;
        why = check_image(&image, first);
        munmap(data, image.size);
    }
    if (fd >= 0)
        close(fd);
    return why;
}
