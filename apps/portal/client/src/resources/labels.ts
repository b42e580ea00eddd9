/** Names the stage of what runs in it, and of the runs that brought it there. */
export const STAGE_LABEL = "app.edp.epam.com/cdstage";
