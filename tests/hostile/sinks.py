"""Every place where text of vendors or of people leaves Driftline, and the test that runs the account through it.

`LEAVES` finds such places in the code: whoever adds one is told by test_table.py to name a test for it here.
"""

from __future__ import annotations

from typing import Final

REPORT = "test_pages.test_the_report_for_auditors_is_a_table_a_document_and_a_page"
FORMATS = "test_terminal.test_a_comparison_for_other_programs_says_nothing_else_to_them"
PAGES = "test_pages.test_every_page_and_every_answer_shows_names_as_names"
LOG = "test_log.test_a_line_of_the_log_is_one_line"
TERMINAL = "test_terminal.test_every_command_that_tells_of_something_is_obeyed_by_no_terminal"
HAND = "test_git.test_check_baselines_says_what_is_approved_and_obeys_none_of_it"
COMMITS = "test_git.test_commits_have_our_own_trailers_alone"

# What leaves -> the test of it.
SINKS: Final = {
    "pages, forms and problem pages (HTML)": PAGES,
    "the picture of flows (SVG)": "test_pages.test_the_picture_of_flows_has_names_in_it_and_nothing_else",
    "links to vendors": "test_pages.test_no_link_that_a_vendor_made_leads_anywhere_but_the_web",
    "the API (JSON)": PAGES,
    "what other stacks tell of themselves": "test_pages.test_what_other_stacks_call_themselves_is_shown_as_it_is",
    "what a problem repeats": "test_pages.test_a_problem_repeats_what_was_asked_for_without_obeying_it",
    "what says no to a form": "test_pages.test_a_refusal_is_a_sentence_whatever_was_asked",
    "headers of answers": PAGES,
    "the header that a push wants back": "test_pages.test_a_push_gets_back_no_header_but_its_own",
    "the stream of events": "test_streams.test_a_message_of_the_stream_is_one_message",
    "the search of the catalogue": "test_pages.test_the_catalogue_finds_and_shows_every_name",
    "the report for auditors (CSV, JSON, HTML)": REPORT,
    "the dictionary (CSV)": PAGES,
    "a week in review (HTML, Markdown, JSON)": PAGES,
    "metrics": "test_streams.test_metrics_name_no_field_and_no_word_of_a_vendor",
    "health and readiness": "test_streams.test_metrics_name_no_field_and_no_word_of_a_vendor",
    "the log as text": LOG,
    "the log as JSON": LOG,
    "what libraries log": "test_log.test_what_a_library_says_is_one_line_and_its_trace_is_deeper",
    "the terminal": TERMINAL,
    "JSON of the terminal": TERMINAL,
    "Markdown, JUnit and SARIF of a comparison": FORMATS,
    "the first look (HTML file)": "test_terminal.test_the_first_look_is_one_page_without_anything_from_outside",
    "commit messages and trailers": COMMITS,
    "names of files": "test_git.test_files_lie_in_their_folders_under_plain_names",
    "a merge's message": "test_git.test_what_gave_way_in_a_merge_forges_no_trailer",
    "check-baselines (text, Markdown, JSON)": HAND,
    "title and text of a pull request": "test_git.test_a_pull_request_calls_nobody_and_links_to_us_alone",
    "the mail to whoever made a change": "test_git.test_the_text_for_the_maker_is_plain_lines",
    "rules, alerts and runbooks of Prometheus": "test_streams.test_alerts_quote_no_label_that_a_vendor_writes",
    "the file for a bug report": "test_bundle.test_no_name_and_no_word_of_a_vendor_is_in_a_bug_report",
    "the report of shapes": "test_shape.test_no_value_no_key_and_no_header_of_an_account_is_in_a_report_of_shapes",
    "a new vendor's files": "test_shape.test_a_new_vendors_files_have_no_name_of_the_account_and_are_what_they_seem",
    "alerts that are pushed to Alertmanager": "test_streams.test_an_alert_that_is_pushed_is_short_and_plain",
    "messages to people (mail, chat, webhooks)": "test_streams.test_a_message_to_people_is_short_and_plain",
    "names that people act under": "test_streams.test_who_signs_in_under_such_a_name_is_refused_or_plain",
}  # fmt: skip

# A way out -> which files have it. Routes are not among them: test_pages walks all that the application has.
LEAVES: Final = {
    r"\bcsv\.writer\(": ("web/catalogue.py", "web/reports.py"),
    r"\bMarkup\(": ("setup/firstpage.py", "web/render.py", "web/runbooks.py"),
    r"\|\s*safe\b": (),
    r"\bStreamingResponse\(": ("web/catalogue.py", "web/stream.py"),
    r"\"commit-tree\"": ("adapters/baselines.py",),
    r"\bsys\.stdout\.write\(|\btyper\.echo\(": ("cli/out.py", "cli/service.py", "cli/setup_ask.py"),
    r"\bConsole\(": ("cli/out.py",),
    r"\bXml\.SubElement\(": ("cli/formats.py",),
    r"\bgenerate_latest\(": ("adapters/metrics.py",),
    r"\bstructlog\.configure\(": ("logs.py",),
    r"f\"mailto:": ("engine/asking.py",),
    r"\.notify\(": ("adapters/apprised.py",),
    r"\.open\(\"x\"": ("cli/setup_shape.py", "setup/newvendor.py"),
    r"\bSIGNATURE: ": ("adapters/webhook.py",),
    r"\"POST\", f\"\{self\._at\}|\"POST\", self\._at": ("adapters/forge.py",),
}  # fmt: skip
