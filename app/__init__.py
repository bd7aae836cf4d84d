"""Samklang: feedback in therapy, from the patient's mark to the clinician's decision.

A patient begins treatment                       workflow.enrol
The patient rates on the tablet                  web.kiosk, workflow.rate
The rating is scored                             clinical.scoring
The course is compared with what is expected     clinical.trajectory, workflow.track
A flag is raised                                 clinical.flags, workflow.track
The clinician reviews and decides                web.reviews, workflow.review
Who may see whom                                 workflow.access
What is kept                                     records
What people see                                  web
"""
