/* SPDX-License-Identifier: MIT */
/*
 * Can the library be preloaded into a program? A look at its ELF file.
 */
#include "sim/program.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#endif

static const char unreadable[] = "cannot be read";

struct image {
    const unsigned char *data;
    size_t size;
};

static const char *
look_at(const char *path, struct sim_needs *needs, bool may_be_script);

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

static bool is_runtime(const char *name)
{
    return (strncmp(name, "libasan.so", 10) == 0 ||
            strncmp(name, "libtsan.so", 10) == 0) &&
           strlen(name) < sizeof(((struct sim_needs *)NULL)->first);
}

static void note(struct sim_needs *needs, const char *name)
{
    if (is_runtime(name) && !needs->first[0])
        strcpy(needs->first, name);
    if (strncmp(name, "libtidysock-sim.so", 18) == 0)
        needs->has_simulator = true;
}

/* A function that who explores calls, as it stands among other names. */
static const char explorer_name[] = "\0tidy_explore";

static void find_needs(const struct image *image, struct sim_needs *needs)
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
            memchr(name, '\0', left - entry->d_un.d_val))
            note(needs, name);
        if (entry->d_tag == DT_STRSZ && entry->d_un.d_val <= left)
            needs->has_explorer = memmem(strings,
                                         entry->d_un.d_val,
                                         explorer_name,
                                         sizeof(explorer_name)) != NULL;
    }
}

/* "#!/bin/sh": of what is preloaded into it, a sanitizer's runtime counts, too.
 * Whether it can be run at all is for the kernel to say. */
static void look_at_interpreter(const struct image *image,
                                struct sim_needs *needs)
{
    const char *line = (const char *)image->data + 2;
    size_t max_len = image->size - 2;
    char path[PATH_MAX] = "";
    size_t begin = 0, len = 0;

    while (begin < max_len && strchr(" \t", line[begin]))
        begin++;
    while (begin + len < max_len && !strchr(" \t\n", line[begin + len]))
        len++;
    if (len < sizeof(path))
        memcpy(path, line + begin, len);
    look_at(path, needs, false);
}

static const char *check_image(const struct image *image,
                               struct sim_needs *needs,
                               bool may_be_script)
{
    const Elf64_Ehdr *ehdr = at(image, 0, sizeof(*ehdr));

    if (at(image, 0, 2) && memcmp(image->data, "#!", 2) == 0) {
        if (may_be_script)
            look_at_interpreter(image, needs);
        return NULL;
    }
    if (!at(image, 0, SELFMAG) || memcmp(image->data, ELFMAG, SELFMAG) != 0)
        return "is neither an ELF program nor a script that begins with #!";
    if (!ehdr || ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
        ehdr->e_machine != MACHINE)
        return "is a program for another machine";
    if (!find_header(image, PT_INTERP, 0))
        return "is linked statically: nothing can be preloaded into it; link "
               "it dynamically";
    find_needs(image, needs);
    return NULL;
}

/* In such a program the dynamic linker preloads nothing. */
static bool has_other_rights(const struct stat *st, int fd)
{
    return ((st->st_mode & S_ISUID) && st->st_uid != getuid()) ||
           ((st->st_mode & S_ISGID) && st->st_gid != getgid()) ||
           (getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0);
}

static const char *check_file(const struct stat *st, int fd)
{
    if (S_ISDIR(st->st_mode))
        return "is a directory";
    if (!S_ISREG(st->st_mode))
        return "is no file";
    if (st->st_size == 0)
        return "is empty";
    if (has_other_rights(st, fd))
        return "runs with other rights than its caller's (set-user-ID or "
               "capabilities): nothing can be preloaded into it";
    return NULL;
}

static const char *
look_at(const char *path, struct sim_needs *needs, bool may_be_script)
{
    struct image image = { .size = 0 };
    const char *why;
    void *data = MAP_FAILED;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    memset(needs, 0, sizeof(*needs));
    why = fd < 0 || fstat(fd, &st) < 0 ? unreadable : check_file(&st, fd);
    if (!why) {
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        why = unreadable;
    }
    if (data != MAP_FAILED) {
        image.data = data;
        image.size = (size_t)st.st_size;
        why = check_image(&image, needs, may_be_script);
        munmap(data, image.size);
    }
    if (fd >= 0)
        close(fd);
    return why;
}

const char *tidy__sim_program_check(const char *path, struct sim_needs *needs)
{
    return look_at(path, needs, true);
}
