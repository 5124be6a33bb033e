// SPDX-License-Identifier: MIT
/*
 * cmdline.c - the boot arguments: words separated by blanks, KEY=VALUE or KEY; the last one wins.
 */
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "guest/kernel/main.h"

bool cmdline_get(const char *key, char *buf, size_t size)
{
	size_t key_len = strlen(key);
	const char *p = boot_info.bootargs;
	bool found = false;

	for (;;) {
		const char *word = skip_spaces(p);
		size_t len = strcspn(word, " \t\n");

		if (!len)
			return found;
		p = word + len;
		if (len < key_len || memcmp(word, key, key_len))
			continue;
		if (len != key_len && word[key_len] != '=')
			continue;
		word += key_len + (len != key_len);
		len = (size_t)(p - word);
		snprintf(buf, size, "%.*s", (int)len, word);
		found = true;
	}
}

extern const struct setup_entry __start_setup_table[], __stop_setup_table[];

void cmdline_setup(void)
{
	char key[48], value[128];

	if (!*skip_spaces(boot_info.bootargs))
		return;
	for (const struct setup_entry *e = __start_setup_table; e < __stop_setup_table; e++) {
		strscpy(key, e->key, sizeof(key));
		key[strcspn(key, "=")] = '\0';
		value[0] = '\0';
		if (cmdline_get(key, value, sizeof(value)) && !e->fn(value))
			pr_warn("boot argument %s%s makes no sense: ignored\n", e->key, value);
	}
}
