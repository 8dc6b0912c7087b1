"""What a student meets in JupyterLab: start page, unsolved lab, answers, restart, explorers, predictions."""

import re

ERRORS = ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr'] >> visible=true"
LAB = "01_convolution_basics/01_convolution_basics.ipynb"
RIGHT = """# EXERCISE dense_parameters (1)
def dense_parameters(inputs, units):
    return inputs * units + units
"""


def test_start_page_leads_to_the_labs_and_has_nothing_for_instructors(lab):
    chair = lab()
    assert "/lab/tree/START.md" in chair.page.url
    chair.page.get_by_text("Begin here").wait_for()
    chair.picture("start")
    assert chair.page.get_by_text("Formgrader").count() == 0 == chair.page.get_by_text("Create Assignment").count()
    chair.page.get_by_role("link", name="01 · Convolution basics").first.click()
    chair.page.wait_for_selector(".jp-Notebook .jp-Cell")
    chair.wait("cells.length > 50")


def test_unsolved_lab_wrong_and_right_answer_syntax_error_and_restart(lab):
    chair = lab(f"lab/tree/{LAB}")
    chair.run_all()
    told = chair.go_to("checks.correlate_valid(")
    told.get_by_text("not attempted").first.wait_for()
    chair.picture("unsolved")
    assert chair.page.locator(ERRORS).count() == 0  # nothing was done wrong yet
    chair.go_to("core.summary(checks)").get_by_text("of 17 points").wait_for()
    chair.picture("table")

    chair.run("# EXERCISE dense_parameters", RIGHT.replace(" + units", ""))
    told = chair.run("checks.dense_parameters(")
    told.get_by_text("the biases are missing").first.wait_for()
    told.get_by_text("Stuck?").wait_for()
    chair.picture("wrong")
    assert chair.page.locator(ERRORS).count() == 0  # said once
    chair.run("# EXERCISE dense_parameters", RIGHT)
    chair.run("checks.dense_parameters(").get_by_text("dense_parameters: right").wait_for()
    chair.picture("right")

    chair.run("# EXERCISE dense_parameters", RIGHT.replace("units + units", "(units + units"))
    chair.run("checks.dense_parameters(").get_by_text("The cell of your function did not run").first.wait_for()
    chair.picture("syntax_error")
    chair.run("# EXERCISE dense_parameters", RIGHT)
    chair.run("checks.dense_parameters(")

    chair.restart()
    told = chair.run("checks.dense_parameters(")
    told.get_by_text("The kernel is new: run the cells above first").last.wait_for()
    chair.picture("restarted")
    chair.run_all()
    chair.go_to("core.summary(checks)").get_by_text("1 of 17 points").wait_for()
    chair.command("docmanager:save")
    chair.wait("!panel.context.model.dirty")


def test_predictions_explorer_and_training(lab):
    chair = lab("lab/tree/try.ipynb")
    chair.run_all()
    chair.go_to("predict('accuracy'").get_by_text("Replace the three dots by your answer.").wait_for()
    chair.go_to("widgets.convolution_walk").locator("img").wait_for()
    picture = chair.page.locator(".jp-OutputArea img[alt*=' of 4: ']")
    before = picture.get_attribute("alt")
    chair.page.get_by_role("slider").first.focus()
    chair.page.keyboard.press("ArrowRight")
    chair.page.wait_for_function("before => document.querySelector(\"img[alt*=' of 4: ']\").alt !== before", arg=before)
    chair.picture("explorer")
    assert re.search("2 of 4: ", picture.get_attribute("alt"))
    chair.go_to("LiveCurves").locator("img[alt^='Training curves after epoch 3']").wait_for()
    chair.picture("training")
    chair.command("docmanager:save")
    chair.wait("!panel.context.model.dirty")

    again = lab("lab/tree/try.ipynb", width=800)  # another window, as after a reload
    again.wait("kernel?.status === 'idle'")
    again.run("predict('accuracy'", again.source("predict('accuracy'").replace("...", "0.4, sure=60"))
    again.run("measured('accuracy'").get_by_text("You said 0.4, 60 % sure; measured: 0.57.").wait_for()
    again.picture("predicted")
    assert again.page.get_by_text("model not found").count() == 0


def test_questions_fault_in_a_training_and_hand_in(lab, served):
    chair = lab("lab/tree/try.ipynb")
    chair.wait("kernel?.status === 'idle'")
    chair.run("session.begin(")
    chair.run("widgets.convolution_walk")
    chair.run("import keras")
    asked = chair.run("recall.ask()")
    asked.get_by_text("Images hold whole numbers from 0 to 255.").wait_for()
    asked.get_by_text("by 256").click()
    asked.get_by_text("white would become 0.996").wait_for()
    asked.get_by_text("by 255").click()
    asked.get_by_text("Right.").wait_for()
    chair.picture("recall")
    shown = chair.run("watch_trainings()")
    chair.picture("fault")
    shown.get_by_text("The inputs are not scaled").wait_for()
    chair.picture("fault")
    chair.command("docmanager:save")
    chair.wait("!panel.context.model.dirty")
    told = chair.run("hand_in.notebook()")
    told.get_by_text("this is not finished").wait_for()
    told.get_by_text("There is no cell that begins with # EXERCISE correlate_valid.").wait_for()
    chair.picture("hand_in")
    assert (served[1] / "try_submission.ipynb").exists()
