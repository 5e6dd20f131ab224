// What the pages do beyond links and forms. All of it can be missing.
"use strict";

// The key / leads to the search field, if the person wants keys at all.
document.addEventListener("keydown", (event) => {
	if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
	if (document.documentElement.dataset.keys !== "on") return;
	const at = event.target;
	if (at instanceof HTMLElement && at.matches("input, textarea, select, [contenteditable]")) return;
	const search = document.getElementById("q");
	if (!search) return;
	event.preventDefault();
	search.focus();
	search.select();
});

// A filter that sends itself needs no button.
for (const form of document.querySelectorAll("form[hx-get]")) {
	if (window.htmx) form.querySelector(".apply")?.setAttribute("hidden", "");
}

// After a table was swapped, say how much was found to those who do not see it.
document.addEventListener("htmx:afterSettle", (event) => {
	const said = document.getElementById("said");
	const words = event.detail.elt?.dataset?.said;
	if (said && words) said.textContent = words;
});

// Where the pointer or the keyboard is on a line that stands elsewhere on the
// other side, that one shines, too.
for (const kind of ["mouseover", "focusin"]) {
	document.addEventListener(kind, (event) => {
		for (const lit of document.querySelectorAll(".lit")) lit.classList.remove("lit");
		const at = event.target.closest?.("tr")?.querySelector("[data-link]")?.dataset.link;
		if (!at) return;
		for (const line of document.querySelectorAll(`[data-link="${CSS.escape(at)}"]`)) line.classList.add("lit");
	});
}

// A session that ended in the meantime: go and log in.
document.addEventListener("htmx:responseError", () => window.location.reload());
