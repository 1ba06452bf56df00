"""`/admin/users/{id}/notes`: what administrators and operators wrote about an account."""

from typing import Any

from pyramid.response import Response

from authsite.accounts.notes import add_note, find_notes
from authsite.audit.labels import full_actor_label
from authsite.http.redirects import redirect
from authsite.resources import UserResource
from authsite.web.form_pages import FormPage, form_views
from authsite.web.forms import NoteForm


@form_views(context=UserResource, name="notes", permission="administer", confirm_password=True)
class NotesPage(FormPage[NoteForm]):
    template = "admin/notes"
    form_type = NoteForm

    def accept(self, form: NoteForm) -> Response:
        request = self.request
        add_note(request.authsite.admin_work, self.context.lock(), form.note.data)
        flash = request.authsite.services.flash.set("note-added")
        return redirect(
            request.authsite.path("admin", "users", self.context.record.id, "notes"), [flash]
        )

    def values(self) -> dict[str, Any]:
        user = self.context.record
        return {
            "user": user,
            "notes": find_notes(self.request.authsite.dbsession, user.id),
            "full_actor_label": full_actor_label,
        }
