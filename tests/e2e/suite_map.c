// SPDX-License-Identifier: MIT
/*
 * suite_map.c - pictures of memory: every page of RAM is in them once, and they are what they claim to be.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/e2e.h"

/* 128 MiB, less the hole between 640 KiB and 1 MiB. */
#define RAM_PAGES ((128 << 8) - 96)

static void make_core(void)
{
	struct proc *p = run("mmvisor", "run", "--core", "c.core", "--core-always", program_path("e2e/hello.ko"));

	expect_code(p, 0);
}

START_TEST(every_page_once)
{
	struct json_object *o, *runs = NULL;
	int64_t pages = 0, slab = 0, next = 0;
	struct proc *p;

	make_core();
	p = run("mm-inspect", "map", "--json", "c.core");
	expect_code(p, 0);
	o = json_text(p->out);
	ck_assert(json_object_object_get_ex(o, "runs", &runs));
	for (size_t i = 0; i < json_object_array_length(runs); i++) {
		struct json_object *run = json_object_array_get_idx(runs, i), *what = NULL;

		ck_assert_int_ge(json_int(run, "pfn"), next);
		next = json_int(run, "pfn") + json_int(run, "pages");
		pages += json_int(run, "pages");
		ck_assert(json_object_object_get_ex(run, "what", &what));
		ck_assert_str_ne(json_object_get_string(what), "lost");
		if (!strcmp(json_object_get_string(what), "slab"))
			slab += json_int(run, "pages");
	}
	ck_assert_int_eq(pages, RAM_PAGES);
	ck_assert_int_gt(slab, 0);
	keep("c.core");
}
END_TEST

START_TEST(for_a_terminal)
{
	struct proc *p;

	make_core();
	p = run("mm-inspect", "map", "c.core");
	expect_code(p, 0);
	expect_out(p, "^Zone DMA, 16 MiB, one character for 32 KiB:$");
	/* the hole: 640 KiB are 20 characters, 384 KiB are 12 */
	expect_out(p, "^ +0 \\|.{20} {12}[^ ]{32}\\|$");
	expect_out(p, "^Zone Normal, 64 MiB");
	expect_out(p, "^  S  slab +[0-9]+ pages");
	keep("c.core");
}
END_TEST

START_TEST(as_files)
{
	struct proc *p;
	size_t size;
	char *page;

	make_core();
	p = run("mm-inspect", "map", "--svg", "m.svg", "--html", "m.html", "c.core");
	expect_code(p, 0);
	ck_assert_int_gt(xml_count("m.svg", "rect"), 10);
	page = read_file("m.html", &size);
	ck_assert_ptr_nonnull(strstr(page, "\"source\":\"c.core\""));
	ck_assert_ptr_nonnull(strstr(page, "\"runs\":["));
	/* works offline, and nothing ends the script but its end */
	ck_assert_ptr_null(strstr(page, "//cdn"));
	ck_assert_ptr_null(strstr(page, "src="));
	ck_assert_ptr_null(strstr(strstr(page, "</script>") + 1, "</script>"));
	keep("m.svg");
	keep("m.html");
	/* a slab whose objects nobody has, because a CPU keeps them for the next ones, is not shown as full */
	p = run("mm-inspect", "slabinfo", "--svg", "s.svg", "c.core");
	expect_code(p, 0);
	ck_assert_int_gt(xml_count("s.svg", "rect"), 10);
	page = read_file("s.svg", &size);
	ck_assert_ptr_nonnull(strstr(page, "<title>1 slab: 100 % in use, 0 % in CPUs' arrays</title>"));
	ck_assert_ptr_nonnull(strstr(page, "<title>1 slab: 0 % in use, "));
	keep("s.svg");
	ck_assert_int_eq(rename("c.core", "<b>&.core"), 0);
	p = run("mm-inspect", "map", "--svg", "m.svg", "--html", "m.html", "<b>&.core");
	expect_code(p, 0);
	ck_assert_int_gt(xml_count("m.svg", "rect"), 10);
	page = read_file("m.html", &size);
	ck_assert_ptr_null(strstr(page, "\"<b>"));
	keep("m.svg");
	keep("m.html");
	keep("<b>&.core");
}
END_TEST

/* What a user does with the page, done by a script: look under the pointer, go closer and back, colour by something else. */
static const char probe[] =
	"<script>\n"
	"const say = [], spot = () => canvas.getBoundingClientRect(), zones = document.querySelectorAll('#zones "
	"button');\n"
	"const point = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type,\n"
	"  {clientX: spot().left + x, clientY: spot().top + y}));\n"
	"const hover = () => { point('pointermove', 4, 4); return tip.style.display + ' ' + "
	"tip.textContent.replace(/\\n/g, "
	"' / '); };\n"
	"const colors = () => { const d = ctx.getImageData(0, 0, canvas.width, canvas.height).data, s = new Set();\n"
	"  for (let i = 0; i < d.length; i += 4) if (d[i + 3]) s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return "
	"s.size; "
	"};\n"
	"zones[0].click();\n"
	"say.push('zones ' + zones.length, 'whole ' + view.per, 'far: ' + hover());\n"
	"for (let i = 0; i < 30; i++) $('in').click();\n"
	"view.top = 0; draw();\n"
	"say.push('closest ' + view.per, 'near: ' + hover());\n"
	"canvas.dispatchEvent(new WheelEvent('wheel',\n"
	"  {deltaY: 100, clientX: spot().left + 4, clientY: spot().top + 4, cancelable: true}));\n"
	"say.push('wheel ' + view.per);\n"
	"$('in').click();\n"
	"{ const grown = new Set(); for (let n = 0; n < view.rows * view.columns; n++) {\n"
	"  const pfn = origin() + n, b = blockOf(pfn);\n"
	"  if (joins(pfn, 1) && b.end - b.head < 2) grown.add('alone');\n"
	"  if (b.end - b.head > 1 && pfn + 1 < b.end && (n + 1) % view.columns && !joins(pfn, 1)) grown.add('cut');\n"
	"  if (joins(pfn, 1)) grown.add('blocks'); }\n"
	"say.push('pages grow to: ' + [...grown].join(' ')); }\n"
	"view.top = 0; draw(); say.push($('where').textContent);\n"
	"$('by').value = 'order'; draw();\n"
	"{ const seen = [...$('legend').children].map(e => e.textContent.match(/^order (\\d+)/)).filter(m => m).map(m "
	"=> +m[1]);\n"
	"say.push('orders ascend ' + (seen.length > 1 && seen.every((o, i) => !i || o > seen[i - 1]))); }\n"
	"$('all').click(); zones[zones.length - 1].click();\n"
	"for (const by of ['what', 'order', 'type', 'block']) {\n"
	"  $('by').value = by; $('by').dispatchEvent(new Event('change'));\n"
	"  say.push('by ' + by + ' ' + (colors() > 1 && $('legend').children.length > 0));\n"
	"}\n"
	"point('pointerleave', 0, 0);\n"
	"say.push('left ' + tip.style.display);\n"
	"const out = document.createElement('pre'); out.id = 'probe'; out.textContent = '\\n' + say.join('\\n') + "
	"'\\n';\n"
	"document.body.append(out);\n"
	"</script></body>";

/* The page with the probe in it, as a browser leaves it. NULL: there is no browser. */
static struct proc *browse(const char *name)
{
	static const char *const browsers[] = {"/usr/bin/chromium", "/usr/bin/chromium-browser",
					       "/usr/bin/google-chrome"};
	char dir[512], url[640];
	size_t size;
	char *page = read_file(name, &size), *end = strstr(page, "</body>");
	FILE *f = fopen("probe.html", "w");

	ck_assert_ptr_nonnull(end);
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%.*s%s%s", (int)(end - page), page, probe, end + strlen("</body>"));
	fclose(f);
	ck_assert_ptr_nonnull(getcwd(dir, sizeof(dir)));
	snprintf(url, sizeof(url), "file://%s/probe.html", dir);
	for (size_t i = 0; i < sizeof(browsers) / sizeof(browsers[0]); i++)
		if (!access(browsers[i], X_OK))
			return run(browsers[i], "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions",
				   "--no-first-run", "--user-data-dir=profile", "--window-size=1000,700", "--dump-dom",
				   url);
	return NULL;
}

START_TEST(in_a_browser)
{
	struct proc *p;

	make_core();
	p = run("mm-inspect", "map", "--html", "m.html", "c.core");
	expect_code(p, 0);
	p = browse("m.html");
	keep("c.core");
	keep("m.html");
	keep("probe.html");
	if (!p) {
		skip("map: in_a_browser: there is no Chromium here (tools/setup.sh browser)");
		return;
	}
	expect_code(p, 0);
	/* Its helpers end by themselves, a moment after it. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	ck_assert_int_eq(system("rm -rf profile"), 0);
	expect_out(p, "^zones 3$");
	expect_out(p, "^far: block pfn 0x0 to 0x[0-9a-f]+, address 0x0 / pageblock: [A-Z]");
	expect_out(p, "^closest 1$");
	expect_out(p, "^near: block pfn 0x0, address 0x0 / pageblock: [A-Za-z]+ / reserved$");
	expect_out(p, "^wheel 2$");
	expect_out(p, "^pages grow to: blocks$");
	expect_out(p, "^a cell is 4 KiB, a row [0-9]+ KiB; pfn 0x0 to 0x[0-9a-f]+, 0.0 to [0-9.]+ % of the zone$");
	expect_out(p, "^orders ascend true$");
	expect_out(p, "^by what true$");
	expect_out(p, "^by order true$");
	expect_out(p, "^by type true$");
	expect_out(p, "^by block true$");
	expect_out(p, "^left none$");
}
END_TEST

START_TEST(what_cannot_be_drawn)
{
	struct proc *p;

	make_core();
	p = run("mm-inspect", "map", "--svg", "missing/m.svg", "c.core");
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "missing/m.svg");
	p = run("mm-inspect", "buddyinfo", "--html", "m.html", "c.core");
	expect_code(p, 2);
	expect_one_error(p, "mm-inspect", "belongs to map");
	keep("c.core");
}
END_TEST

Suite *suite_map(void)
{
	Suite *s = suite_create("map");
	TCase *t = tcase_create("map");

	tcase_set_timeout(t, 2 * LIMIT);
	tcase_add_checked_fixture(t, fixture_in, fixture_out);
	tcase_add_test(t, every_page_once);
	tcase_add_test(t, for_a_terminal);
	tcase_add_test(t, as_files);
	tcase_add_test(t, in_a_browser);
	tcase_add_test(t, what_cannot_be_drawn);
	suite_add_tcase(s, t);
	return s;
}
