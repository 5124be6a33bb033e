/* SPDX-License-Identifier: MIT */
/* ctype.h - kinds of ASCII characters. */
#ifndef _LINUX_CTYPE_H
#define _LINUX_CTYPE_H

#define isdigit(c) ((unsigned int)(c) - '0' < 10u)
#define isupper(c) ((unsigned int)(c) - 'A' < 26u)
#define islower(c) ((unsigned int)(c) - 'a' < 26u)
#define isalpha(c) (((unsigned int)(c) | 32u) - 'a' < 26u)
#define isalnum(c) (isalpha(c) || isdigit(c))
#define isxdigit(c) (isdigit(c) || ((unsigned int)(c) | 32u) - 'a' < 6u)
#define isspace(c) ((c) == ' ' || (unsigned int)(c) - '\t' < 5u)
#define isprint(c) ((unsigned int)(c) - ' ' < 95u)
#define isgraph(c) ((unsigned int)(c) - '!' < 94u)
#define ispunct(c) (isgraph(c) && !isalnum(c))
#define iscntrl(c) ((unsigned int)(c) < ' ' || (c) == 127)
#define isascii(c) ((unsigned int)(c) < 128u)
#define tolower(c) (isupper(c) ? (c) + 32 : (c))
#define toupper(c) (islower(c) ? (c)-32 : (c))

#endif
